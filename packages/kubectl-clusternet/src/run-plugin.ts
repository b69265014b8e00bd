import { isApiError } from '@clusternet/client';
import type { ApiError } from '@clusternet/client';
import { errorText } from '@clusternet/runtime';
import { runAcross } from './across/run-across.ts';
import { splitArgs } from './args/split-args.ts';
import type { SplitArgs } from './args/split-args.ts';
import { KUBECTL_COMMANDS, OWN_COMMANDS } from './commands/commands.ts';
import { formatHelp, formatOwnHelp } from './commands/format-help.ts';
import { runOwn } from './commands/run-own.ts';
import { COMPLETE_COMMAND, runCompletion } from './completion/run-completion.ts';
import { PluginError } from './errors.ts';
import { runKubectlCommand } from './kubectl/run-command.ts';
import type { PluginDeps } from './plugin-deps.ts';

/** As shells have it for Ctrl-C. */
const INTERRUPTED = 130;

/**
 * Exit codes: of kubectl where it ran; else 2 for a command line that makes no sense, 3 for an answer that lacks clusters, 1 for
 * what failed.
 */
export async function runPlugin(
  deps: PluginDeps,
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  try {
    if (args[0] === COMPLETE_COMMAND) return await runCompletion(deps, args.slice(1), signal);
    return await dispatch(deps, splitArgs(args), signal);
  } catch (error) {
    if (signal.aborted) return INTERRUPTED;
    if (error instanceof PluginError || isApiError(error)) {
      deps.err(`error: ${errorText(error)}${adviceOn(error, deps.program)}\n`);
      return error.code === 'USAGE' ? 2 : 1;
    }
    deps.err(`error: ${errorText(error)} (this is a mistake in the plugin)\n`);
    return 1;
  }
}

async function dispatch(deps: PluginDeps, args: SplitArgs, signal: AbortSignal): Promise<number> {
  const { command, errors, rest, child } = args;
  if (errors.length > 0) throw new PluginError('USAGE', errors.join('; '));
  if (command === undefined || command === 'help' || isAskingForHelp(rest)) return await help(deps, args);
  assertTogether(args);
  if (child.clusters !== undefined) return await runAcross(deps, args, child.clusters, signal);
  const isOwn = Object.hasOwn(OWN_COMMANDS, command);
  const isOfKubectl = Object.hasOwn(KUBECTL_COMMANDS, command);
  if (!isOwn && !isOfKubectl)
    throw new PluginError('USAGE', `${command} is not a command; see ${deps.program} help`);
  if (isOfKubectl && (!isOwn || child.clusterId !== undefined))
    return await runKubectlCommand(deps, args, signal);
  if (child.clusterId !== undefined)
    throw new PluginError(
      'USAGE',
      `${command} is about the fleet, not about what is in a cluster: leave --cluster-id out`,
    );
  return await runOwn(deps, args, signal);
}

/** What helps, where the error itself cannot know it. */
function adviceOn(error: ApiError | PluginError, program: string): string {
  if (isApiError(error, 'UNAUTHORIZED'))
    return '; your login has run out, or was never one of its own: log in anew';
  return isApiError(error, 'FORBIDDEN') ? `; \`${program} doctor\` says which command grants it` : '';
}

/** Before `--`: what follows it is for a container. */
function isAskingForHelp(rest: readonly string[]): boolean {
  const end = rest.indexOf('--');
  return rest.slice(0, end < 0 ? rest.length : end).some((word) => word === '--help' || word === '-h');
}

async function help({ kubectl, out, program }: PluginDeps, { command, rest }: SplitArgs): Promise<number> {
  const topic = command === 'help' ? rest[1] : command;
  if (topic === undefined) {
    if (command === undefined && !rest.every((word) => word === '--help' || word === '-h'))
      throw new PluginError('USAGE', `there is no command; see ${program} help`);
    out(formatHelp(program));
    return 0;
  }
  const own = Object.hasOwn(OWN_COMMANDS, topic) ? OWN_COMMANDS[topic] : undefined;
  if (own !== undefined) {
    out(formatOwnHelp(program, own));
    return 0;
  }
  if (command !== 'help' && !Object.hasOwn(KUBECTL_COMMANDS, topic))
    throw new PluginError('USAGE', `${topic} is not a command; see ${program} help`);
  // By `help`, not by its flag: that may be the value of another, and kubectl would go on to act on its own cluster.
  const words = command === 'help' ? rest.slice(1) : rest.slice(rest.indexOf(topic));
  const end = words.findIndex((word) => word.startsWith('-'));
  return await kubectl.run(['help', ...words.slice(0, end < 0 ? words.length : end)]);
}

/** Never is a cluster named and the parent acted on, or the other way round. */
function assertTogether({ child, command = '' }: SplitArgs): void {
  const isNamed =
    child.clusterId !== undefined || child.clusters !== undefined || ['join', 'kubeconfig'].includes(command);
  if (child.childKubeconfig !== undefined && !isNamed)
    throw new PluginError(
      'USAGE',
      '--child-kubeconfig needs --cluster-id, or it would be the parent that is changed',
    );
  const isAsOther = child.as !== undefined || child.asUid !== undefined || child.asGroups.length > 0;
  if (isAsOther && child.childKubeconfig === undefined)
    throw new PluginError('USAGE', '--clusternet-as and its like need --cluster-id and --child-kubeconfig');
}
