import type { ManagedCluster } from '@clusternet/api-types';
import {
  clusternetRef,
  createKubeClient,
  findCluster,
  isApiError,
  isClusterId,
  toShadowUrl,
} from '@clusternet/client';
import type { ConnectionConfig, KubeClient } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import { errorText } from '@clusternet/runtime';
import { splitArgs } from './args/split-args.ts';
import type { SplitArgs } from './args/split-args.ts';
import { KUBECTL_COMMANDS, OWN_COMMANDS } from './commands/commands.ts';
import { decideRequest } from './commands/decide-request.ts';
import { formatHelp } from './commands/format-help.ts';
import { join, readJoinRequest } from './commands/join.ts';
import { readStatusRequest, showStatus } from './commands/show-status.ts';
import { writeChildKubeconfig } from './commands/write-kubeconfig.ts';
import { connectChild } from './connect/child-connection.ts';
import { loadContext, loadParent } from './connect/load-parent.ts';
import type { LoadedContext } from './connect/load-parent.ts';
import { PluginError } from './errors.ts';
import type { Kubectl } from './kubectl/run-kubectl.ts';
import { runThroughDoor } from './kubectl/run-through-door.ts';
import { createWorkFolder } from './kubectl/work-folder.ts';
import type { WorkFolder } from './kubectl/work-folder.ts';

export interface PluginDeps {
  /** How people call it. */
  readonly program: string;
  readonly version: string;
  /** What `version` says beside it. */
  readonly build: { readonly platform: string; readonly runtime: string };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly kubectl: Kubectl;
  /** The manifests of `deploy/agent`, YAML. */
  readonly readAgentManifests: () => string;
}

/** As shells have it for Ctrl-C. */
const INTERRUPTED = 130;

/** Exit codes: of kubectl where it ran; else 2 for a command line that makes no sense, 1 for what failed. */
export async function runPlugin(
  deps: PluginDeps,
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  try {
    return await dispatch(deps, splitArgs(args), signal);
  } catch (error) {
    if (signal.aborted) return INTERRUPTED;
    if (error instanceof PluginError || isApiError(error)) {
      deps.err(`error: ${errorText(error)}\n`);
      return error.code === 'USAGE' ? 2 : 1;
    }
    deps.err(`error: ${errorText(error)} (this is a mistake in the plugin)\n`);
    return 1;
  }
}

async function dispatch(deps: PluginDeps, args: SplitArgs, signal: AbortSignal): Promise<number> {
  const { command, errors, rest } = args;
  if (errors.length > 0) throw new PluginError('USAGE', errors.join('; '));
  const isAskingForHelp = rest.includes('--help') || rest.includes('-h');
  if (command === undefined || (command === 'help' && rest.length === 1)) {
    if (command === undefined && rest.length > 0 && !isAskingForHelp)
      throw new PluginError('USAGE', `there is no command; see ${deps.program} help`);
    deps.out(formatHelp(deps.program));
    return 0;
  }
  if (command === 'version') {
    deps.out(`${JSON.stringify({ gitVersion: `v${deps.version}`, ...deps.build })}\n`);
    return 0;
  }
  const { kubectl } = deps;
  const topic = command === 'help' ? rest[1] : isAskingForHelp ? command : undefined;
  if (topic !== undefined && Object.hasOwn(OWN_COMMANDS, topic)) {
    deps.out(`${topic}: ${OWN_COMMANDS[topic] ?? ''}\n`);
    return 0;
  }
  if (command === 'help' || (isAskingForHelp && Object.hasOwn(KUBECTL_COMMANDS, command)))
    return kubectl.run(rest);
  if (Object.hasOwn(OWN_COMMANDS, command)) return runOwn(deps, args, signal);
  if (!Object.hasOwn(KUBECTL_COMMANDS, command))
    throw new PluginError('USAGE', `${command} is not a command; see ${deps.program} help`);
  return runKubectlCommand(deps, args, signal);
}

async function runKubectlCommand(deps: PluginDeps, args: SplitArgs, signal: AbortSignal): Promise<number> {
  const { command = '', child } = args;
  const isChild = child.clusterId !== undefined;
  assertTogether(args);
  if (!isChild && KUBECTL_COMMANDS[command]?.place === 'child') {
    throw new PluginError(
      'USAGE',
      `${command} is for what runs in a cluster; say in which with --cluster-id NAME|ID`,
    );
  }
  using folder = createWorkFolder();
  const parent = await loadParent({ ...deps, folder }, args.parent);
  const { connection, namespace } = isChild ? await connectTo(deps, folder, args, parent, signal) : parent;
  const refusals = new Set<string>();
  const way = {
    connection,
    mapUrl: isChild ? (url: string): string => url : toShadowUrl,
    namespace,
    onRefused: () => void refusals.add(child.clusterId ?? ''),
  };
  const code = await runThroughDoor({ ...deps, folder }, way, args.rest);
  if (code !== 0 && refusals.size > 0 && isChild && child.childKubeconfig === undefined)
    deps.err(
      `${child.clusterId} refused something: without --child-kubeconfig you arrive as yourself, or as nobody where it has not named you (docs/guides/visiting.md, "As yourself")\n`,
    );
  return code;
}

async function runOwn(deps: PluginDeps, args: SplitArgs, signal: AbortSignal): Promise<number> {
  const { command = '', rest } = args;
  assertTogether(args);
  if (command === 'status') return showStatusOf(deps, args, signal);
  if (command === 'join') return joinWith(deps, args, signal);
  const [, word, ...more] = rest;
  if (word === undefined || more.length > 0 || word.startsWith('-'))
    throw new PluginError('USAGE', `${command} takes one name; see ${deps.program} help`);
  using folder = createWorkFolder();
  const parent = await loadParent({ ...deps, folder }, args.parent);
  if (command === 'kubeconfig') {
    const child = { ...args.child, clusterId: word };
    const { connection } = await connectTo(deps, folder, { ...args, child }, parent, signal);
    const headers = (await connection.getHeaders?.(signal)) ?? {};
    deps.out(writeChildKubeconfig(parent.kubeconfig, connection, word, headers));
    return 0;
  }
  deps.out(
    await withClient(parent.connection, (client) =>
      decideRequest(client, word, command === 'accept' ? 'accept' : 'deny', signal),
    ),
  );
  return 0;
}

async function joinWith(deps: PluginDeps, args: SplitArgs, signal: AbortSignal): Promise<number> {
  const request = readJoinRequest(args.rest);
  using folder = createWorkFolder();
  const { connection } = await loadParent({ ...deps, folder }, args.parent);
  deps.out(
    await withClient(connection, (client) =>
      join(client, connection, request, deps.readAgentManifests(), Date.now(), signal),
    ),
  );
  return 0;
}

async function showStatusOf(deps: PluginDeps, args: SplitArgs, signal: AbortSignal): Promise<number> {
  using folder = createWorkFolder();
  const { connection, namespace } = await loadParent({ ...deps, folder }, args.parent);
  const request = readStatusRequest(args.rest, namespace);
  await withClient(connection, (client) => showStatus(client, request, deps.out, signal));
  return 0;
}

async function connectTo(
  deps: PluginDeps,
  folder: WorkFolder,
  { child }: SplitArgs,
  parent: LoadedContext,
  signal: AbortSignal,
): Promise<Pick<LoadedContext, 'connection' | 'namespace'>> {
  const word = child.clusterId ?? '';
  const clusterId = isClusterId(word) ? word : await findId(parent.connection, word, signal);
  const { childKubeconfig } = child;
  const own =
    childKubeconfig === undefined
      ? undefined
      : await loadContext({ ...deps, folder }, 'child', { kubeconfig: childKubeconfig });
  const connection = await connectChild(parent.connection, clusterId, own?.connection, child);
  return { connection, namespace: own?.namespace ?? '' };
}

async function findId(connection: ConnectionConfig, word: string, signal: AbortSignal): Promise<string> {
  const { items } = await withClient(connection, (client) =>
    client.resource<ManagedCluster>(clusternetRef('ManagedCluster')).list({}, signal),
  );
  return findCluster(word, items).spec?.clusterId ?? '';
}

async function withClient<T>(
  connection: ConnectionConfig,
  work: (client: KubeClient) => Promise<T>,
): Promise<T> {
  await using transport = createTransport({ ...connection, name: 'parent' });
  return await work(createKubeClient(transport));
}

/** Never is a cluster named and the parent acted on, or the other way round. */
function assertTogether({ child, command = '' }: SplitArgs): void {
  const isNamed = child.clusterId !== undefined || command === 'kubeconfig';
  if (child.childKubeconfig !== undefined && !isNamed)
    throw new PluginError(
      'USAGE',
      '--child-kubeconfig needs --cluster-id, or it would be the parent that is changed',
    );
  const isAsOther = child.as !== undefined || child.asUid !== undefined || child.asGroups.length > 0;
  if (isAsOther && child.childKubeconfig === undefined)
    throw new PluginError('USAGE', '--clusternet-as and its like need --cluster-id and --child-kubeconfig');
}
