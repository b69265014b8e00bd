import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createKubeClient } from '@clusternet/client';
import { createConnection, parseKubeconfig } from '@clusternet/client/kubeconfig';
import { createTransport } from '@clusternet/client/undici';
import { aborted } from '@clusternet/runtime';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import { createDisposals } from './control-plane/dispose-all.ts';
import type { Disposals } from './control-plane/dispose-all.ts';
import { startControlPlane } from './control-plane/start-control-plane.ts';
import { startKubelet } from './kubelet/run-kubelet.ts';

export interface PlaygroundDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Told of each cluster that is up. */
  readonly announce: (cluster: {
    readonly name: string;
    readonly url: string;
    readonly kubeconfig: string;
  }) => void;
}

export interface PlaygroundOptions {
  /** Clusters to start. @default 1 */
  readonly clusters?: number;
  /** Port of the first; the others follow. 0 takes free ones. @default 0 */
  readonly port?: number;
  /** Where kubeconfigs go: `<name>.kubeconfig`. @default '.' */
  readonly directory?: string;
  /** Time a pod takes to become ready, ms. @default 200 */
  readonly readyDelayMs?: number;
}

/** Runs clusters of one simulated node each until `signal` aborts. Their kubeconfigs are written to files. */
export async function runPlayground(
  deps: PlaygroundDeps,
  options: PlaygroundOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clusters = 1, port = 0, directory = '.' } = options;
  await mkdir(directory, { recursive: true });
  const disposals = createDisposals();
  try {
    for (let index = 0; index < clusters; index += 1) {
      const name = clusters === 1 ? 'playground' : `playground-${index + 1}`;
      const path = join(directory, `${name}.kubeconfig`);
      const url = await startCluster(
        deps,
        { ...options, name, path, port: port === 0 ? 0 : port + index },
        disposals,
      );
      deps.announce({ name, url, kubeconfig: path });
    }
    await aborted(signal);
  } finally {
    await disposals[Symbol.asyncDispose]();
  }
}

async function startCluster(
  { clock, random, log }: PlaygroundDeps,
  options: PlaygroundOptions & { readonly name: string; readonly path: string; readonly port: number },
  disposals: Disposals,
): Promise<string> {
  const { name, path, port, readyDelayMs = 200 } = options;
  const plane = disposals.use(
    await startControlPlane({ name, port, log: log.child({ cluster: name }), clock, random }),
  );
  const kubeconfig = await plane.kubeconfig();
  await writeFile(path, kubeconfig, { mode: 0o600 });
  const connection = await createConnection(parseKubeconfig(kubeconfig, { path }), { clock, path });
  const transport = disposals.use(createTransport({ ...connection, name }));
  disposals.use(startKubelet({ client: createKubeClient(transport), clock, random, log }, { readyDelayMs }));
  return plane.url;
}
