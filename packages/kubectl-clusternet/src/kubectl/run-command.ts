import { toShadowUrl } from '@clusternet/client';
import type { SplitArgs } from '../args/split-args.ts';
import { KUBECTL_COMMANDS } from '../commands/commands.ts';
import { connectTo, withParent } from '../connect/with-parent.ts';
import type { DoorFailure } from '../door/open-door.ts';
import { PluginError } from '../errors.ts';
import type { PluginDeps } from '../plugin-deps.ts';
import { describeFatal, isFatal, isServingTemplates, planHint } from './explain-failure.ts';
import { runThroughDoor } from './run-through-door.ts';

/** Has kubectl do what it does, with templates or in a cluster. @returns its exit code; 1 where it could not even begin */
export async function runKubectlCommand(
  deps: PluginDeps,
  args: SplitArgs,
  signal: AbortSignal,
): Promise<number> {
  const { command = '', child } = args;
  const isChild = child.clusterId !== undefined;
  if (!isChild && KUBECTL_COMMANDS[command]?.place === 'child') {
    throw new PluginError(
      'USAGE',
      `${command} is for what runs in a cluster; say in which with --cluster-id NAME|ID`,
    );
  }
  return await withParent(deps, args, async (parent) => {
    const there = isChild ? await connectTo(deps, args, parent, signal) : { ...parent, clusterId: '' };
    const { connection, namespace, clusterId } = there;
    const statuses = new Set<number>();
    const fatal: DoorFailure[] = [];
    const way = {
      connection,
      isForTemplates: !isChild,
      mapUrl: isChild ? (url: string): string => url : toShadowUrl,
      namespace,
      onFailure: (failure: DoorFailure): boolean => {
        if (failure.status !== undefined) statuses.add(failure.status);
        if (isFatal(failure, isChild)) fatal.push(failure);
        return fatal.length > 0;
      },
    };
    const code = await runThroughDoor({ ...deps, ...parent }, way, args);
    if (code === 0 || signal.aborted) return code;
    const [first] = fatal;
    if (first !== undefined) {
      const base = { ...connection, server: parent.connection.server };
      const target = isChild ? { clusterId, label: child.clusterId ?? '' } : undefined;
      deps.err(`error: ${await describeFatal(base, target, first.url, signal)}\n`);
    }
    const isDoubtful = !isChild && (statuses.has(404) || statuses.has(503));
    const isServed = !isDoubtful || (await isServingTemplates(connection, signal));
    const failure = { program: deps.program, statuses, cluster: child.clusterId };
    const hint = planHint({ ...failure, hasChildKubeconfig: child.childKubeconfig !== undefined }, isServed);
    if (hint !== '') deps.err(`${hint}\n`);
    return first === undefined ? code : 1;
  });
}
