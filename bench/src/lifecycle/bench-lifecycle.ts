import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clustersOf, joinChild } from '@clusternet/e2e/harness/join-child.ts';
import { agentObjects, applyObjects } from '@clusternet/e2e/harness/apply-files.ts';
import type { RunningProcess } from '@clusternet/e2e/harness/child-process.ts';
import type { Plane } from '@clusternet/e2e/harness/plane.ts';
import { freePorts } from '@clusternet/e2e/harness/ports.ts';
import { hubServes, installHub } from '@clusternet/e2e/harness/start-hub.ts';
import { startOwnProcess } from '../processes.ts';
import type { BenchProcess } from '../processes.ts';
import { residentMiB } from '../resident-memory.ts';
import { createRow } from '../row.ts';
import type { BenchRow } from '../row.ts';
import { cpuSeconds } from './cpu-seconds.ts';
import { planeOf } from './plane-of.ts';

const CLUSTERS = 1000;
const JOIN_LIMIT_MS = 240_000;
const RELEARN_LIMIT_MS = 120_000;
const IDLE_MS = 40_000;
const SETTLE_MS = 20_000;
const TOKEN = '07401b.f395accd246ae52d'; // of manifests/samples

/** A hub with a thousand clusters: the hub as built, the control plane and the agents in processes of their own. */
export async function benchLifecycle(wants: (part: string) => boolean): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-bench-'));
  const stack = new AsyncDisposableStack();
  stack.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    const start = (name: string): Promise<Plane> => startPlaneProcess(stack, name);
    const [parent, child, single] = await Promise.all([start('parent'), start('children'), start('single')]);
    const [port = 0, healthPort = 0] = await freePorts(2);
    const installation = await installHub(parent, folder, port);
    const startHub = async (): Promise<RunningProcess> => {
      const flags = [
        '--v=0',
        '--kube-api-qps=0',
        '--max-unseen-clusters=2000',
        `--health-port=${healthPort}`,
      ];
      const hub = await installation.startReplica('hub', port, flags);
      await hubServes(parent, hub);
      return hub;
    };
    let hub = await startHub();
    stack.defer(async () => {
      await hub.stop();
    });
    const rows = wants('dead') ? [await measureDeath(parent, single, folder)] : [];
    if (!wants('fleet')) return rows;
    await sleep(SETTLE_MS);
    const emptyMiB = residentMiB(hub.pid);
    await applyObjects(child.client, agentObjects());
    const joinedSeconds = await measureJoin(stack, parent, child, folder);
    rows.push(
      row('1,000 clusters joined', joinedSeconds, 's', 60),
      ...(await measureIdle(parent, hub, emptyMiB)),
    );
    await hub.stop('SIGKILL');
    const { seconds, peak } = await measureRelearning(healthPort, async () => {
      hub = await startHub();
    });
    rows.push(row('1,000 clusters known again after a restart of the hub', seconds, 's', 15));
    rows.push(row('most tunnels opened in one second of it', peak, 'of 1,000'));
    return rows;
  } finally {
    await stack.disposeAsync();
  }
}

function row(name: string, value: number, unit: string, atMost?: number): BenchRow {
  return createRow({ name, value, unit, ...(atMost === undefined ? {} : { bar: { of: 'value', atMost } }) });
}

async function startPlaneProcess(stack: AsyncDisposableStack, name: string): Promise<Plane> {
  const started: BenchProcess = stack.use(startOwnProcess('lifecycle/plane-process.ts', [name]));
  const { kubeconfig } = JSON.parse(await started.nextLine()) as { kubeconfig: string };
  return planeOf(name, kubeconfig);
}

/** How long after its agent falls silent a cluster shows it. */
async function measureDeath(parent: Plane, plane: Plane, folder: string): Promise<BenchRow> {
  process.stderr.write('bench lifecycle: a cluster whose agent falls silent\n');
  const spec = { name: 'single', syncMode: 'Pull', isAppPusherEnabled: false } as const;
  const joined = await joinChild(parent, plane, spec, folder);
  const { agent, namespace } = joined.fleetChild;
  try {
    await sleep(3000);
    process.kill(agent.pid, 'SIGSTOP');
    const startMs = performance.now();
    while ((await countReady(parent)) > 0 && performance.now() - startMs < 60_000) await sleep(100);
    const seconds = (performance.now() - startMs) / 1000;
    process.kill(agent.pid, 'SIGCONT');
    return row('a dead child visible', seconds, 's', 10);
  } finally {
    await joined.stop();
    await clustersOf(parent.client).patch({ namespace, name: 'single' }, 'merge', {
      metadata: { annotations: { 'clusters.clusternet.io/detach': 'Force' } },
    });
  }
}

async function measureJoin(
  stack: AsyncDisposableStack,
  parent: Plane,
  child: Plane,
  folder: string,
): Promise<number> {
  process.stderr.write(`bench lifecycle: ${CLUSTERS} clusters join\n`);
  const file = join(folder, 'agents.json');
  const input = {
    count: CLUSTERS,
    childKubeconfig: child.kubeconfig,
    parentUrl: parent.server,
    parentCaPem: parent.caPem,
    token: TOKEN,
  };
  writeFileSync(file, JSON.stringify(input), { mode: 0o600 });
  const startMs = performance.now();
  const agents = stack.use(startOwnProcess('lifecycle/agents-process.ts', [file]));
  await agents.nextLine();
  return waitForReady(parent, startMs, JOIN_LIMIT_MS);
}

async function waitForReady(parent: Plane, startMs: number, limitMs: number): Promise<number> {
  for (;;) {
    const ready = await countReady(parent);
    const seconds = (performance.now() - startMs) / 1000;
    if (ready >= CLUSTERS) return seconds;
    if (seconds * 1000 > limitMs)
      throw new Error(`after ${seconds} s, ${ready} of ${CLUSTERS} clusters are ready`);
    process.stderr.write(`bench lifecycle: ${ready} ready after ${Math.round(seconds)} s\n`);
    await sleep(1000);
  }
}

async function countReady(parent: Plane): Promise<number> {
  const { items } = await clustersOf(parent.client).list();
  return items.filter(({ status }) =>
    status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
  ).length;
}

/** What a thousand clusters cost that have nothing to do. */
async function measureIdle(parent: Plane, hub: RunningProcess, emptyMiB: number): Promise<BenchRow[]> {
  process.stderr.write(`bench lifecycle: ${CLUSTERS} clusters, nothing to do\n`);
  await sleep(SETTLE_MS);
  const revision = async (): Promise<number> => {
    const list = await parent.client.rawJson({
      method: 'GET',
      path: '/api/v1/namespaces?limit=1',
      what: 'read the resource version',
    });
    return Number((list as { metadata: { resourceVersion: string } }).metadata.resourceVersion);
  };
  const [from, cpuFrom, startMs] = [await revision(), cpuSeconds(hub.pid), performance.now()];
  await sleep(IDLE_MS);
  const seconds = (performance.now() - startMs) / 1000;
  const writes = ((await revision()) - from) / seconds;
  const share = ((cpuSeconds(hub.pid) - cpuFrom) / seconds) * 100;
  return [
    row('1,000 idle clusters, RSS of the hub over empty', residentMiB(hub.pid) - emptyMiB, 'MiB', 150),
    row('1,000 idle clusters, of a core of the hub', share, '%', 5),
    row('1,000 idle clusters, writes at the parent', writes, '/s', 20),
  ];
}

async function measureRelearning(
  healthPort: number,
  startHub: () => Promise<void>,
): Promise<{ readonly seconds: number; readonly peak: number }> {
  process.stderr.write('bench lifecycle: the hub is restarted\n');
  const startMs = performance.now();
  await startHub();
  const counts: number[] = [];
  for (;;) {
    const connected = await countTunnels(healthPort);
    counts.push(connected);
    const seconds = (performance.now() - startMs) / 1000;
    if (connected >= CLUSTERS) return { seconds, peak: peakOf(counts) };
    if (seconds * 1000 > RELEARN_LIMIT_MS)
      throw new Error(`after ${seconds} s, ${connected} tunnels are open`);
    await sleep(Math.max(0, counts.length * 1000 - (performance.now() - startMs)));
  }
}

function peakOf(counts: readonly number[]): number {
  return Math.max(...counts.map((count, index) => count - (counts[index - 1] ?? 0)));
}

/** Clusters with a tunnel, by the hub's own word; none while it does not answer. */
async function countTunnels(healthPort: number): Promise<number> {
  try {
    const response = await fetch(`http://127.0.0.1:${healthPort}/metrics`);
    const text = await response.text();
    return Number(/^clusternet_tunnel_clusters_count\{state="Connected"\} (\d+)$/m.exec(text)?.[1] ?? 0);
  } catch {
    return 0; // it is being started
  }
}
