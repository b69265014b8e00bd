import { errorText } from '@clusternet/runtime';
import { isPlaygroundError } from '../errors.ts';
import type { CliDeps, ExitCode } from './cli-deps.ts';
import { COMPLETE_COMMAND, planCompletion, writeCompletionScript } from './complete.ts';
import { directoryOf } from './find-playground.ts';
import { findRun } from '../control/find-run.ts';
import { formatHelp } from './format-help.ts';
import { parseCommand } from './parse-command.ts';
import type { Command, Where } from './parse-command.ts';
import { runDown, runFaults, runKubeconfig, runOrder, runStatus } from './run-order.ts';

/**
 * Does what a command line asks for.
 * @param args - without the program
 * @returns 0 done, 1 it failed, 2 the command line was not understood
 */
export async function runCommand(
  deps: CliDeps,
  args: readonly string[],
  signal: AbortSignal,
): Promise<ExitCode> {
  if (args[0] === COMPLETE_COMMAND) return complete(deps, args.slice(1));
  const command = parseCommand(args);
  try {
    return await dispatch(deps, command, signal);
  } catch (error) {
    const text = `${isPlaygroundError(error) ? error.message : errorText(error)}\n`;
    const isChild = command.kind === 'up' && command.mode === 'child';
    if (isChild) deps.tellParent({ kind: 'error', text });
    else deps.err(text);
    return 1;
  }
}

async function dispatch(deps: CliDeps, command: Command, signal: AbortSignal): Promise<ExitCode> {
  switch (command.kind) {
    case 'up':
      return (await import('./run-up.ts')).runUp(deps, command, signal); // a second that other commands need not wait
    case 'status':
      return runStatus(deps, command);
    case 'kubeconfig':
      return runKubeconfig(deps, command);
    case 'order':
      return runOrder(deps, command);
    case 'faults':
      return runFaults(deps, command);
    case 'down':
      return runDown(deps, command);
    case 'completion':
      deps.out(writeCompletionScript(command.shell));
      return 0;
    case 'help':
      deps.out(formatHelp(deps.program, command.command));
      return 0;
    case 'version':
      deps.out(`${deps.version}\n`);
      return 0;
    case 'wrong': {
      const help = [deps.program, command.command, '--help'].filter((word) => word !== undefined).join(' ');
      deps.err(`${command.errors.join('\n')}\n${help} says more.\n`);
      return 2;
    }
  }
}

/** Prints what a shell may offer, a line each. Says nothing when it cannot know. */
async function complete(deps: CliDeps, words: readonly string[]): Promise<ExitCode> {
  const plan = planCompletion(words);
  if (plan.kind === 'files') return 0;
  const found =
    plan.kind === 'words'
      ? plan.words
      : (await listClusters(deps, words)).filter((name) => !plan.given.includes(name));
  deps.out(found.map((word) => `${word}\n`).join(''));
  return 0;
}

async function listClusters(deps: CliDeps, words: readonly string[]): Promise<readonly string[]> {
  const after = (...flags: readonly string[]): string | undefined =>
    words[words.findIndex((word) => flags.includes(word)) + 1];
  const where: Where = {
    name: words.some((word) => word === '--name' || word === '-n')
      ? (after('--name', '-n') ?? '')
      : 'default',
    dir: words.includes('--dir') ? after('--dir') : undefined,
  };
  const found = await findRun(directoryOf(deps, where)).catch(() => undefined); // no place for messages
  return found?.kind === 'running' ? found.run.clusters : [];
}
