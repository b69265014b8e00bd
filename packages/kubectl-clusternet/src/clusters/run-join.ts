import type { SplitArgs } from '../args/split-args.ts';
import { withClient, withParent } from '../connect/with-parent.ts';
import type { PluginDeps } from '../plugin-deps.ts';
import { awaitJoin } from './await-join.ts';
import { assertNameIsFree, join } from './join.ts';
import { readJoinRequest } from './read-join-request.ts';

/** Prints what a cluster applies to join; with `--child-context` or `--child-kubeconfig` applies it and sees the cluster arrive. */
export async function runJoin(deps: PluginDeps, args: SplitArgs, signal: AbortSignal): Promise<number> {
  const { childKubeconfig } = args.child;
  const request = readJoinRequest(args.words, childKubeconfig !== undefined);
  const { childContext, name } = request;
  const isApplied = childContext !== undefined || childKubeconfig !== undefined;
  return await withParent(deps, args, ({ connection }) =>
    withClient(connection, async (client) => {
      await assertNameIsFree(client, name, signal);
      const text = await join(client, connection, request, deps.readAgentManifests(), Date.now(), signal);
      if (!isApplied) {
        deps.out(text);
        return 0;
      }
      const kubeconfig = childKubeconfig ?? args.parent.kubeconfig;
      const where = [
        ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
        ...(childContext === undefined ? [] : [`--context=${childContext}`]),
      ];
      const code = await deps.kubectl.feed(['apply', ...where, '--filename=-'], text);
      if (code !== 0) return code;
      if (request.isWaiting) await awaitJoin(client, { ...request, program: deps.program }, deps.out, signal);
      return 0;
    }),
  );
}
