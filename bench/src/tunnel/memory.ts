import { setTimeout as sleep } from 'node:timers/promises';
import { residentMiB } from '../resident-memory.ts';
import { createRow } from '../row.ts';
import type { BenchRow } from '../row.ts';
import { heldMiB } from './held-memory.ts';
import { runLoad, startLoad } from './load.ts';
import type { BenchStage, TunnelRig } from './rig.ts';

const SLOW_SECONDS = 12;
const SLOW_BYTES_PER_SECOND = 160_000;

/** The most that both ends grow, MiB, while `work` runs. */
async function growth(rig: TunnelRig, work: () => Promise<unknown>): Promise<{ hub: number; agent: number }> {
  const before = { hub: residentMiB(rig.hub.pid), agent: residentMiB(rig.agent.pid) };
  const most = { ...before };
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      most.hub = Math.max(most.hub, residentMiB(rig.hub.pid));
      most.agent = Math.max(most.agent, residentMiB(rig.agent.pid));
      await sleep(200);
    }
  })();
  await work();
  over.abort();
  await watching;
  return { hub: most.hub - before.hub, agent: most.agent - before.agent };
}

/** Makes the processes as warm as they get, so that what grows later is the load. */
async function warm(stage: BenchStage, rig: TunnelRig): Promise<void> {
  await runLoad(stage.peer, { mode: 'get', url: `${rig.url}/small`, clients: 64, seconds: 4 });
  await runLoad(stage.peer, { mode: 'get', url: `${rig.url}/bulk?mib=8`, clients: 2, seconds: 3 });
}

/** 64 readers of 1 GB bodies that read 0.16 MB a second. */
export async function measureSlowReaders(stage: BenchStage): Promise<BenchRow[]> {
  const measure = async (rig: TunnelRig): Promise<{ hub: number; agent: number }> => {
    await warm(stage, rig);
    const spec = {
      mode: 'slow' as const,
      clients: 64,
      seconds: SLOW_SECONDS,
      bytesPerSecond: SLOW_BYTES_PER_SECOND,
    };
    return growth(rig, () => runLoad(stage.peer, { ...spec, url: `${rig.url}/bulk?mib=1000` }));
  };
  const go = await measure(await stage.startGo());
  const own = await measure(await stage.startOwn());
  const mixed = await measure(await stage.startMixed());
  const old = await measure(await stage.startOwn('v1'));
  const bar = { of: 'value', atMost: 64 } as const;
  const baseline = { name: 'Go library', value: go.hub };
  return [
    createRow({ name: '64 slow readers, growth of hub', value: own.hub, unit: 'MiB', baseline, bar }),
    createRow({
      name: '64 slow readers, growth of agent',
      value: own.agent,
      unit: 'MiB',
      baseline: { ...baseline, value: go.agent },
      bar,
    }),
    createRow({
      name: '64 slow readers, v1 with a Go agent, growth of hub',
      value: mixed.hub,
      unit: 'MiB',
      baseline,
      bar,
    }),
    createRow({ name: '64 slow readers, v1, growth of hub', value: old.hub, unit: 'MiB', baseline, bar }),
    createRow({
      name: '64 slow readers, v1, growth of agent',
      value: old.agent,
      unit: 'MiB',
      baseline: { ...baseline, value: go.agent },
      bar,
    }),
  ];
}

/** A thousand watches in one tunnel. */
export async function measureWatches(stage: BenchStage): Promise<BenchRow[]> {
  const measure = async (rig: TunnelRig): Promise<{ hub: number; agent: number }> => {
    await warm(stage, rig);
    return growth(rig, async () => {
      const spec = { mode: 'hold' as const, url: `${rig.url}/watch?watch=true`, clients: 1000, seconds: 25 };
      await using load = startLoad(stage.peer, spec);
      await load.nextLine();
      await sleep(4000);
    });
  };
  const go = await measure(await stage.startGo());
  const own = await measure(await stage.startOwn());
  const bar = { of: 'value', atMost: 30 } as const;
  const row = (side: 'agent' | 'hub'): BenchRow =>
    createRow({
      name: `1,000 watches, growth of ${side}`,
      value: own[side],
      unit: 'MiB',
      baseline: { name: 'Go library', value: go[side] },
      bar,
    });
  return [row('hub'), row('agent')];
}

const TUNNELS = 2000;

/** Two thousand tunnels that do nothing: on plain connections, and over TLS. */
export async function measureIdleTunnels(stage: BenchStage): Promise<BenchRow[]> {
  return [...(await measureIdle(stage, 'plain', 24)), ...(await measureIdle(stage, 'tls', 80))];
}

async function measureIdle(stage: BenchStage, leg: 'plain' | 'tls', atMost: number): Promise<BenchRow[]> {
  const { hub, info } = await stage.startHubOnly(leg);
  const first = await stage.startAgents(info, 10); // what one tunnel loads is loaded
  await first.kill();
  await sleep(2000);
  const before = await heldMiB(hub);
  const startMs = Date.now();
  await using _agents = await stage.startAgents(info, TUNNELS);
  const connectedMs = Date.now() - startMs;
  await sleep(8000);
  const each = (((await heldMiB(hub)) - before) * 1024) / TUNNELS;
  return [
    createRow({
      name: `2,000 idle tunnels, ${leg} leg, each`,
      value: each,
      unit: 'kB',
      bar: { of: 'value', atMost },
    }),
    createRow({ name: `2,000 tunnels connected, ${leg} leg`, value: connectedMs / 1000, unit: 's' }),
  ];
}
