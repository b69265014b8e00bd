import { createKubeClient } from '@clusternet/client';
import { createConnection, parseKubeconfig } from '@clusternet/client/kubeconfig';
import { createTransport } from '@clusternet/client/undici';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import { createDisposals } from '../control-plane/dispose-all.ts';
import { startControlPlane } from '../control-plane/start-control-plane.ts';
import type { ControlPlane, PlaneIdentity } from '../control-plane/start-control-plane.ts';
import { startKubelet } from '../kubelet/run-kubelet.ts';
import { waitForNode } from './wait-for-node.ts';

export interface ClusterDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface ClusterOptions {
  readonly name: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Time a pod takes to become ready, ms. */
  readonly readyDelayMs: number;
  readonly identity?: PlaneIdentity;
}

/** A control plane with one simulated node. Disposing stops both. */
export interface RunningCluster extends AsyncDisposable {
  readonly plane: ControlPlane;
  /** Ends at once: nobody is waited for. */
  kill(): Promise<void>;
}

/** A user of its own, so that faults can tell the node from a person. */
const NODE_USER = { name: 'system:node:node-1', groups: ['system:masters'] };
const NODE_TIMEOUT_MS = 60_000;

/** Starts a cluster; resolves when its node is ready. */
export async function startCluster(
  { clock, random, log }: ClusterDeps,
  options: ClusterOptions,
  signal: AbortSignal,
): Promise<RunningCluster> {
  const { name, port, readyDelayMs, identity } = options;
  const disposals = createDisposals();
  try {
    const own = log.child({ cluster: name });
    const plane = disposals.use(
      await startControlPlane({
        name,
        port,
        log: own,
        clock,
        random,
        ...(identity === undefined ? {} : { identity }),
      }),
    );
    const kubeconfig = parseKubeconfig(await plane.kubeconfig(NODE_USER), { path: name });
    const connection = await createConnection(kubeconfig, { clock, path: name });
    const transport = disposals.use(createTransport({ ...connection, name }));
    const client = createKubeClient(transport);
    disposals.use(startKubelet({ client, clock, random, log: own }, { readyDelayMs }));
    await waitForNode(plane.api, NODE_TIMEOUT_MS, signal);
    return {
      plane,
      async kill() {
        await plane.kill();
        await disposals[Symbol.asyncDispose]();
      },
      [Symbol.asyncDispose]: () => disposals[Symbol.asyncDispose](),
    };
  } catch (error) {
    await disposals[Symbol.asyncDispose]();
    throw error;
  }
}
