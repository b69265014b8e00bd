import { access, rename, writeFile } from 'node:fs/promises';
import { callControl } from '../control/call-control.ts';
import type { PlaygroundStatus } from '../control/control-routes.ts';
import type { RunFile } from '../control/run-file.ts';
import { PlaygroundError } from '../errors.ts';
import { joinKubeconfigs } from '../fleet/join-kubeconfigs.ts';
import { errorText } from '@clusternet/runtime';
import type { CliDeps, ExitCode } from './cli-deps.ts';
import { findPlayground, getPlayground } from './find-playground.ts';
import { formatFaults, formatStatus } from './format-status.ts';
import type { Command, Order } from './parse-command.ts';

type CommandOf<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;

const DONE: Readonly<Record<Order, string>> = {
  freeze: 'is frozen',
  thaw: 'goes on',
  kill: 'is killed, with everything that was in it',
  restart: 'is ready, and empty',
};

/** Tells clusters what to do, one after the other; says of each what became of it. */
export async function runOrder(
  deps: CliDeps,
  { where, order, clusters }: CommandOf<'order'>,
): Promise<ExitCode> {
  const run = await getPlayground(deps, where);
  let code: ExitCode = 0;
  for (const cluster of clusters) {
    try {
      await callControl(run, { method: 'POST', path: pathOf(cluster, order) });
      deps.out(`${cluster} ${DONE[order]}\n`);
    } catch (error) {
      deps.err(`${errorText(error)}\n`);
      code = 1;
    }
  }
  return code;
}

export async function runStatus(deps: CliDeps, { where, output }: CommandOf<'status'>): Promise<ExitCode> {
  const status = await getStatus(await getPlayground(deps, where));
  deps.out(output === 'json' ? `${JSON.stringify(status, null, 2)}\n` : formatStatus(status));
  return 0;
}

/** @throws {PlaygroundError} as `callControl` */
export async function getStatus(run: RunFile): Promise<PlaygroundStatus> {
  // The same version of this program made it: see PROTOCOL.
  return (await callControl(run, { method: 'GET', path: '/status' })) as PlaygroundStatus;
}

export async function runFaults(
  deps: CliDeps,
  { where, cluster, order }: CommandOf<'faults'>,
): Promise<ExitCode> {
  const run = await getPlayground(deps, where);
  // Asking for the change first gives the error of a cluster that is not there, or killed.
  const { dropped } = (await callControl(run, {
    method: 'POST',
    path: pathOf(cluster, 'faults'),
    body: order ?? {},
  })) as { dropped: number };
  const found = (await getStatus(run)).clusters.find(({ name }) => name === cluster);
  if (order?.dropWatches !== undefined) deps.out(`${cluster}: ${dropped} watches dropped\n`);
  if (order?.dropWatches === undefined || order.settings !== undefined) {
    const faults = formatFaults(found?.faults ?? {});
    deps.out(`${cluster}: ${faults === '-' ? 'nothing goes wrong' : faults}\n`);
  }
  return 0;
}

export async function runKubeconfig(
  deps: CliDeps,
  { where, cluster, path, isForced }: CommandOf<'kubeconfig'>,
): Promise<ExitCode> {
  const run = await getPlayground(deps, where);
  const text =
    cluster === undefined
      ? joinKubeconfigs(
          await Promise.all(
            run.clusters.map(async (name) => ({ name, kubeconfig: await getKubeconfig(run, name) })),
          ),
        )
      : await getKubeconfig(run, cluster);
  if (path === undefined) deps.out(text);
  else {
    await writeNew(path, text, isForced, deps.pid);
    deps.out(`${path} is written\n`);
  }
  return 0;
}

async function getKubeconfig(run: RunFile, cluster: string): Promise<string> {
  const answer = await callControl(run, { method: 'GET', path: pathOf(cluster, 'kubeconfig') });
  return (answer as { kubeconfig: string }).kubeconfig;
}

async function writeNew(path: string, text: string, isForced: boolean, pid: number): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere && !isForced)
    throw new PlaygroundError('FILE_EXISTS', `${path} is there already; --force replaces it`);
  const draft = `${path}.${pid}`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}

const EXIT_POLL_MS = 20;
const EXIT_TIMEOUT_MS = 10_000;

/** Ends a playground; resolves when its process is gone. It is no mistake when none runs. */
export async function runDown(deps: CliDeps, { where }: CommandOf<'down'>): Promise<ExitCode> {
  const run = await findPlayground(deps, where);
  if (run === undefined) {
    deps.out(`No playground ${where.name} is running.\n`);
    return 0;
  }
  await callControl(run, { method: 'POST', path: '/down' });
  const startMs = deps.clock.monotonicMs();
  while (deps.isAlive(run.pid)) {
    if (deps.clock.monotonicMs() - startMs > EXIT_TIMEOUT_MS)
      throw new PlaygroundError(
        'UNRESPONSIVE',
        `the clusters are down, but their process ${run.pid} has not ended`,
      );
    await deps.clock.sleep(EXIT_POLL_MS);
  }
  deps.out(`The playground ${where.name} is down.\n`);
  return 0;
}

function pathOf(cluster: string, action: string): string {
  return `/clusters/${encodeURIComponent(cluster)}/${action}`;
}
