import { openSockets } from '../process-figures.ts';
import { createRow } from '../row.ts';
import type { BenchRow } from '../row.ts';
import { runLoad, startLoad } from './load.ts';
import type { BenchStage, TunnelRig } from './rig.ts';
import { runRounds } from './rounds.ts';
import type { RoundFigures } from './rounds.ts';

const WARM_SECONDS = 2;
const GO = 'Go library, pooled';
/** How long connections at the child are watched. */
const GROWTH_MS = 60_000;

async function warm(stage: BenchStage, rigs: readonly TunnelRig[]): Promise<void> {
  for (const { url } of rigs) {
    await runLoad(stage.peer, { mode: 'get', url: `${url}/small`, clients: 64, seconds: WARM_SECONDS });
  }
}

/** 1 kB GETs: by one client, and by 64. */
export async function measureLatency(stage: BenchStage): Promise<BenchRow[]> {
  const [go, own, mixed] = [await stage.startGo(), await stage.startOwn(), await stage.startMixed()];
  await warm(stage, [go, own, mixed]);
  const socketsBefore = openSockets(own.agent.pid);
  const startMs = Date.now();
  const small = { path: '/small', rounds: 5 };
  const many = await runRounds(stage, { go, own, mixed }, { ...small, clients: 64, seconds: 3 });
  const one = await runRounds(stage, { go, own }, { ...small, clients: 1, seconds: 2 });
  const direct = { mode: 'get' as const, url: `${stage.childUrl}/small`, clients: 64, seconds: 2 };
  const { perSecond } = await runLoad(stage.peer, direct);
  const leftSeconds = Math.max(3, (GROWTH_MS - (Date.now() - startMs)) / 1000);
  await runLoad(stage.peer, { mode: 'get', url: `${own.url}/small`, clients: 64, seconds: leftSeconds });
  return [
    ...manyRows(many, perSecond),
    createRow({
      name: 'GET 1 kB, 1 client, p50',
      value: one.own.p50Ms,
      unit: 'ms',
      baseline: { name: GO, value: one.go.p50Ms },
      bar: { of: 'ratio', atMost: 1.3 },
    }),
    createRow({
      name: 'growth of connections at the child in 60 s',
      value: Math.max(0, openSockets(own.agent.pid) - socketsBefore),
      unit: 'connections',
      bar: { of: 'value', atMost: 0 },
    }),
  ];
}

function manyRows(many: Record<'go' | 'mixed' | 'own', RoundFigures>, direct: number): BenchRow[] {
  const name = 'GET 1 kB, 64 clients';
  const baseline = (key: keyof RoundFigures) => ({ name: GO, value: many.go[key] });
  const perSecond = { unit: 'req/s', baseline: baseline('perSecond') };
  const processor = { unit: 'ms', baseline: baseline('processorMs') };
  return [
    createRow({ name, value: many.own.perSecond, ...perSecond, bar: { of: 'ratio', atLeast: 1.2 } }),
    createRow({
      name: `${name}, p99`,
      value: many.own.p99Ms,
      unit: 'ms',
      baseline: baseline('p99Ms'),
      bar: { of: 'ratio', atMost: 1 },
    }),
    createRow({ name: `${name}, processor time each`, value: many.own.processorMs, ...processor }),
    createRow({
      name: `${name}, v1 with a Go agent`,
      value: many.mixed.perSecond,
      ...perSecond,
      bar: { of: 'ratio', atLeast: 0.6 },
    }),
    createRow({
      name: `${name}, v1 with a Go agent, processor time each`,
      value: many.mixed.processorMs,
      ...processor,
    }),
    createRow({ name: `${name}, direct`, value: direct, ...perSecond }),
  ];
}

/** Bodies without end: one stream, and eight. */
export async function measureThroughput(stage: BenchStage): Promise<BenchRow[]> {
  const rigs = {
    go: await stage.startGo(),
    own: await stage.startOwn(),
    socket: await stage.startOwn('websocket'),
    mixed: await stage.startMixed(),
  };
  const rows: BenchRow[] = [];
  for (const clients of [1, 8]) {
    const spec = { path: '/bulk?mib=100000', clients, seconds: 2, rounds: 4 };
    const figures = await runRounds(stage, rigs, spec);
    const name = clients === 1 ? 'one bulk stream' : 'eight bulk streams';
    const row = (rig: keyof typeof rigs, suffix: string, atLeast: number): BenchRow =>
      createRow({
        name: `${name}${suffix}`,
        value: figures[rig].mibPerSecond,
        unit: 'MiB/s',
        baseline: { name: GO, value: figures.go.mibPerSecond },
        bar: { of: 'ratio', atLeast },
      });
    rows.push(
      row('own', '', 1.3),
      row('socket', ', websocket', 0.8),
      row('mixed', ', v1 with a Go agent', 0.6),
    );
  }
  return rows;
}

/** 1 kB GETs while four bulk streams fill the tunnel. */
export async function measureMixedLoad(stage: BenchStage): Promise<BenchRow[]> {
  const measure = async (rig: TunnelRig): Promise<RoundFigures> => {
    const url = `${rig.url}/bulk?mib=100000`;
    await using _bulk = startLoad(stage.peer, { mode: 'get', url, clients: 4, seconds: 60 });
    await runLoad(stage.peer, { mode: 'get', url: `${rig.url}/small`, clients: 1, seconds: WARM_SECONDS });
    const { rig: figures } = await runRounds(
      stage,
      { rig },
      { path: '/small', clients: 1, seconds: 2, rounds: 3 },
    );
    return figures;
  };
  const go = await measure(await stage.startGo());
  const own = await measure(await stage.startOwn());
  return [
    createRow({
      name: 'GET 1 kB beside 4 bulk streams, p99',
      value: own.p99Ms,
      unit: 'ms',
      baseline: { name: GO, value: go.p99Ms },
      bar: { of: 'value', atMost: 10 },
    }),
    createRow({
      name: 'GET 1 kB beside 4 bulk streams, p50',
      value: own.p50Ms,
      unit: 'ms',
      baseline: { name: GO, value: go.p50Ms },
    }),
  ];
}
