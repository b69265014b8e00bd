import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aborted } from '@clusternet/runtime';
import { createControlRoutes } from '../control/control-routes.ts';
import { claimRun, KUBECONFIG_FILE, kubeconfigPath, PROTOCOL, removeRun } from '../control/run-file.ts';
import { startControlServer } from '../control/start-control-server.ts';
import { createCluster } from './create-cluster.ts';
import type { Cluster } from './create-cluster.ts';
import { createFleet, startFleet } from './create-fleet.ts';
import type { Fleet } from './create-fleet.ts';
import { joinKubeconfigs } from './join-kubeconfigs.ts';
import type { ClusterDeps } from './start-cluster.ts';

export interface PlaygroundDeps extends ClusterDeps {
  /** Of this process. */
  readonly pid: number;
  readonly report: (event: PlaygroundEvent) => void;
}

/** What happens while a playground starts. */
export type PlaygroundEvent =
  | { readonly kind: 'ready'; readonly name: string; readonly url: string; readonly tookMs: number }
  | { readonly kind: 'up'; readonly kubeconfig: string; readonly tookMs: number };

export interface PlaygroundOptions {
  readonly name: string;
  /** For the run file and kubeconfigs; made if it is not there, removed in the end if nothing else is in it. */
  readonly directory: string;
  /** Names of clusters: DNS labels, each once. */
  readonly clusters: readonly string[];
  /** Of the first cluster; the others follow. 0 takes free ones. */
  readonly port: number;
  /** Time a pod takes to become ready, ms. */
  readonly readyDelayMs: number;
}

/**
 * Runs clusters of one simulated node each until `signal` aborts or somebody orders `down`.
 * @throws {PlaygroundError} `ALREADY_RUNNING` when the folder is taken
 */
export async function runPlayground(
  deps: PlaygroundDeps,
  options: PlaygroundOptions,
  signal: AbortSignal,
): Promise<void> {
  const { name, directory, clusters: names, port } = options;
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const fleet = createFleet(
    names.map((cluster, index) =>
      createCluster(deps, { ...options, name: cluster, port: port === 0 ? 0 : port + index }),
    ),
  );
  const ended = Promise.withResolvers<undefined>();
  let isUp = false;
  const secret = Buffer.from(deps.random.bytes(24)).toString('hex');
  const routes = createControlRoutes({
    fleet,
    describe: () => ({ name, pid: deps.pid, isUp, directory }),
    stop: async () => {
      stop.abort();
      await ended.promise;
    },
    signal: stop.signal,
  });
  try {
    await using control = await startControlServer({ secret, routes, clock: deps.clock });
    const run = { protocol: PROTOCOL, pid: deps.pid, port: control.port, secret, clusters: names };
    await claimRun(directory, run);
    try {
      await startAll(deps, directory, fleet, stop.signal);
      isUp = true;
      await aborted(stop.signal);
    } finally {
      try {
        await fleet[Symbol.asyncDispose]();
      } finally {
        await removeRun(directory, run);
        ended.resolve(undefined); // whoever ordered it hears of it before the door closes
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function startAll(
  { clock, report }: PlaygroundDeps,
  directory: string,
  fleet: Fleet,
  signal: AbortSignal,
): Promise<void> {
  const startMs = clock.monotonicMs();
  const kubeconfigs = new Map<Cluster, string>();
  await startFleet(
    fleet,
    async (cluster) => {
      const kubeconfig = await cluster.kubeconfig();
      kubeconfigs.set(cluster, kubeconfig);
      await writeFile(kubeconfigPath(directory, cluster.name), kubeconfig, { mode: 0o600 });
      const { name, url } = await cluster.status();
      report({ kind: 'ready', name, url, tookMs: clock.monotonicMs() - startMs });
    },
    signal,
  );
  if (signal.aborted) return;
  const files = fleet.clusters.map((cluster) => ({
    name: cluster.name,
    kubeconfig: kubeconfigs.get(cluster) ?? '',
  }));
  const path = join(directory, KUBECONFIG_FILE);
  await writeFile(path, joinKubeconfigs(files), { mode: 0o600 });
  report({ kind: 'up', kubeconfig: path, tookMs: clock.monotonicMs() - startMs });
}
