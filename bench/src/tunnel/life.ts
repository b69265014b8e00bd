import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRow } from '../row.ts';
import type { BenchRow } from '../row.ts';
import { runLoad } from './load.ts';
import { askResources, heldMiB } from './held-memory.ts';
import type { parseResources } from './report-resources.ts';
import type { BenchStage, TunnelRig } from './rig.ts';

const CHURN = 100_000;
/** Kept connections that nobody uses are closed by then. */
const KEPT_MS = 38_000;
const SIDES = ['hub', 'agent'] as const;

/** A hundred thousand streams, opened and closed: what is left of them. */
export async function measureStreamChurn(stage: BenchStage): Promise<BenchRow[]> {
  const rig = await stage.startOwn();
  await sleep(1000);
  const fresh = { hub: await resources(rig, 'hub'), agent: await resources(rig, 'agent') };
  const run = async (wanted: number): Promise<void> => {
    for (let requests = 0; requests < wanted;) {
      const spec = { mode: 'get' as const, url: `${rig.url}/small`, clients: 64, seconds: 5 };
      requests += (await runLoad(stage.peer, spec)).requests;
    }
  };
  // What a process keeps once it has worked is the base: a heap that has grown is no leak, one that goes on is.
  await run(CHURN / 2);
  await sleep(3000);
  const before = { hub: await heldMiB(rig.hub), agent: await heldMiB(rig.agent) };
  await run(CHURN);
  await sleep(3000);
  const after = { hub: await heldMiB(rig.hub), agent: await heldMiB(rig.agent) };
  const rows = SIDES.map((side) =>
    createRow({
      name: `after 100,000 streams, RSS of ${side}`,
      value: after[side],
      unit: 'MiB',
      baseline: { name: 'before', value: before[side] },
      bar: { of: 'ratio', atMost: 1.05 },
    }),
  );
  await sleep(KEPT_MS);
  for (const side of SIDES) {
    const left = await resources(rig, side);
    for (const kind of ['timers', 'connections'] as const) {
      rows.push(
        createRow({
          name: `after 100,000 streams, ${kind} left in ${side}`,
          value: left[kind] - fresh[side][kind],
          unit: kind,
          bar: { of: 'value', atMost: 0 },
        }),
      );
    }
  }
  return rows;
}

function resources(rig: TunnelRig, side: 'agent' | 'hub'): Promise<ReturnType<typeof parseResources>> {
  return askResources(rig[side]);
}

const POLL_MS = 50;

/** How long it takes until a hub says that an agent has fallen silent: ours, and one on the Go library. */
export async function measureSilence(stage: BenchStage): Promise<BenchRow[]> {
  const measure = async (rig: TunnelRig): Promise<number> => {
    await sleep(4000); // it has pinged
    kill(rig.agent.pid, 'SIGSTOP');
    const startMs = Date.now();
    try {
      for (;;) {
        if (Date.now() - startMs > 20_000) return Infinity;
        if ((await stateOf(rig)) !== 'live') return (Date.now() - startMs) / 1000;
        await sleep(POLL_MS);
      }
    } finally {
      kill(rig.agent.pid, 'SIGCONT');
    }
  };
  const bar = { of: 'value', atMost: 10 } as const;
  return [
    createRow({
      name: 'silent child seen, our agent',
      value: await measure(await stage.startOwn()),
      unit: 's',
      bar,
    }),
    createRow({
      name: 'silent child seen, a Go agent',
      value: await measure(await stage.startMixed()),
      unit: 's',
      bar,
    }),
  ];
}

async function stateOf(rig: TunnelRig): Promise<string> {
  const answer = await fetch(`${new URL(rig.url).origin}/debug/tunnels`);
  const { tunnels } = (await answer.json()) as { tunnels: { sessions: { state: string }[] }[] };
  return tunnels[0]?.sessions[0]?.state ?? 'gone';
}

const RECONNECTS = 1000;

/** A thousand agents whose hub is killed and started anew: until the last one is back. */
export async function measureReconnects(stage: BenchStage): Promise<BenchRow[]> {
  const { hub, info, url } = await stage.startHubOnly();
  const agents = await stage.startAgents(info, RECONNECTS);
  await sleep(2000);
  await hub.kill();
  await stage.startHubOnly('plain', Number(new URL(url).port));
  const startMs = Date.now();
  await agents.nextLine();
  return [
    createRow({
      name: '1,000 reconnects after a hub restart',
      value: (Date.now() - startMs) / 1000,
      unit: 's',
      bar: { of: 'value', atMost: 10 },
    }),
  ];
}
