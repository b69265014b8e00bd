import { createTransport } from '@clusternet/client/undici';
import type { SplitArgs } from '../args/split-args.ts';
import { withParent } from '../connect/with-parent.ts';
import { PluginError } from '../errors.ts';
import type { PluginDeps } from '../plugin-deps.ts';
import { getAcross } from './get-across.ts';
import { readAcrossRequest } from './read-across-request.ts';

/** Runs `get … --clusters WHICH`. @returns its exit code */
export async function runAcross(
  deps: PluginDeps,
  args: SplitArgs,
  which: string,
  signal: AbortSignal,
): Promise<number> {
  const { child, command = '', words } = args;
  if (command !== 'get')
    throw new PluginError('USAGE', `--clusters is for get; ${command} takes one cluster, with --cluster-id`);
  if (child.clusterId !== undefined)
    throw new PluginError('USAGE', 'give --cluster-id for one cluster or --clusters for many, not both');
  if (child.childKubeconfig !== undefined) {
    throw new PluginError(
      'USAGE',
      '--child-kubeconfig is for one cluster: with --clusters, others would be shown its credential',
    );
  }
  return await withParent(deps, args, async ({ connection, namespace }) => {
    const request = readAcrossRequest(words, which, namespace);
    await using transport = createTransport(
      { ...connection, name: 'parent' },
      { connections: request.parallel, idleTimeoutMs: Math.max(60_000, request.timeoutMs) },
    );
    return await getAcross({ transport, out: deps.out, err: deps.err }, request, signal);
  });
}
