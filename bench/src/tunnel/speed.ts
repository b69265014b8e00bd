import { readFileSync } from 'node:fs';
import { Pool } from 'undici';
import { createRow } from '../row.ts';
import type { BenchRow } from '../row.ts';
import { runLoad, startLoad } from './load.ts';
import type { LoadResult } from './load.ts';
import type { BenchStage } from './rig.ts';

const SECONDS = 6;
const WARM_SECONDS = 2;

/** 1 kB GETs: by one client, and by 64. */
export async function measureLatency(stage: BenchStage): Promise<BenchRow[]> {
  const { peer, childUrl } = stage;
  const [go, own, mixed] = [await stage.startGo(), await stage.startOwn(), await stage.startMixed()];
  const get = (url: string, clients: number, seconds = SECONDS): Promise<LoadResult> =>
    runLoad(peer, { mode: 'get', url: `${url}/small`, clients, seconds });
  const rows: BenchRow[] = [];
  for (const url of [go.url, own.url, mixed.url]) await get(url, 64, WARM_SECONDS);
  const many = {
    direct: await get(childUrl, 64, 3),
    go: await get(go.url, 64),
    own: await get(own.url, 64),
    mixed: await get(mixed.url, 64),
  };
  const baseline = (value: number) => ({ name: 'Go library, pooled', value });
  const connections = async (): Promise<number> => {
    const answer = await runText(stage, `${childUrl}/connections`);
    return Number(answer);
  };
  rows.push(
    createRow({
      name: 'GET 1 kB, 64 clients',
      value: many.own.perSecond,
      unit: 'req/s',
      baseline: baseline(many.go.perSecond),
      bar: { of: 'ratio', atLeast: 1.2 },
    }),
    createRow({
      name: 'GET 1 kB, 64 clients, p99',
      value: many.own.p99Ms,
      unit: 'ms',
      baseline: baseline(many.go.p99Ms),
      bar: { of: 'ratio', atMost: 1 },
    }),
    createRow({ name: 'GET 1 kB, 64 clients, direct', value: many.direct.perSecond, unit: 'req/s' }),
    createRow({
      name: 'GET 1 kB, 64 clients, v1 with a Go agent',
      value: many.mixed.perSecond,
      unit: 'req/s',
      baseline: baseline(many.go.perSecond),
      bar: { of: 'ratio', atLeast: 0.6 },
    }),
  );
  const before = await connections();
  const one = { go: await get(go.url, 1), own: await get(own.url, 1) };
  rows.push(
    createRow({
      name: 'GET 1 kB, 1 client, p50',
      value: one.own.p50Ms,
      unit: 'ms',
      baseline: baseline(one.go.p50Ms),
      bar: { of: 'ratio', atMost: 1.3 },
    }),
    createRow({
      name: 'GET 1 kB, 1 client',
      value: one.own.perSecond,
      unit: 'req/s',
      baseline: baseline(one.go.perSecond),
    }),
  );
  await get(own.url, 64);
  rows.push(
    createRow({
      name: 'growth of connections at the child',
      value: Math.max(0, (await connections()) - before),
      unit: 'connections',
      bar: { of: 'value', atMost: 0 },
    }),
  );
  return rows;
}

async function runText(stage: BenchStage, url: string): Promise<string> {
  const pool = new Pool(stage.childUrl, { connect: { ca: readFileSync(stage.caFile, 'utf8') } });
  try {
    const { body } = await pool.request({ method: 'GET', path: new URL(url).pathname });
    return await body.text();
  } finally {
    await pool.destroy();
  }
}

/** Bodies without end: one stream, and eight. */
export async function measureThroughput(stage: BenchStage): Promise<BenchRow[]> {
  const { peer } = stage;
  const [go, own, socket, mixed] = [
    await stage.startGo(),
    await stage.startOwn(),
    await stage.startOwn('websocket'),
    await stage.startMixed(),
  ];
  const bulk = async (url: string, clients: number): Promise<number> => {
    const load = { mode: 'get' as const, url: `${url}/bulk?mib=100000`, clients, seconds: SECONDS };
    return (await runLoad(peer, load)).mibPerSecond;
  };
  const rows: BenchRow[] = [];
  for (const clients of [1, 8]) {
    const baseline = { name: 'Go library, pooled', value: await bulk(go.url, clients) };
    const name = clients === 1 ? 'one bulk stream' : 'eight bulk streams';
    rows.push(
      createRow({
        name,
        value: await bulk(own.url, clients),
        unit: 'MiB/s',
        baseline,
        bar: { of: 'ratio', atLeast: 1.3 },
      }),
      createRow({
        name: `${name}, websocket`,
        value: await bulk(socket.url, clients),
        unit: 'MiB/s',
        baseline,
        bar: { of: 'ratio', atLeast: 0.8 },
      }),
      createRow({
        name: `${name}, v1 with a Go agent`,
        value: await bulk(mixed.url, clients),
        unit: 'MiB/s',
        baseline,
        bar: { of: 'ratio', atLeast: 0.6 },
      }),
    );
  }
  return rows;
}

/** 1 kB GETs while four bulk streams fill the tunnel. */
export async function measureMixedLoad(stage: BenchStage): Promise<BenchRow[]> {
  const { peer } = stage;
  const measure = async (url: string): Promise<LoadResult> => {
    await using _bulk = startLoad(peer, {
      mode: 'get',
      url: `${url}/bulk?mib=100000`,
      clients: 4,
      seconds: 60,
    });
    await runLoad(peer, { mode: 'get', url: `${url}/small`, clients: 1, seconds: WARM_SECONDS });
    return await runLoad(peer, { mode: 'get', url: `${url}/small`, clients: 1, seconds: SECONDS });
  };
  const go = await measure((await stage.startGo()).url);
  const own = await measure((await stage.startOwn()).url);
  const baseline = { name: 'Go library, pooled', value: go.p99Ms };
  return [
    createRow({
      name: 'GET 1 kB beside 4 bulk streams, p99',
      value: own.p99Ms,
      unit: 'ms',
      baseline,
      bar: { of: 'value', atMost: 10 },
    }),
    createRow({
      name: 'GET 1 kB beside 4 bulk streams, p50',
      value: own.p50Ms,
      unit: 'ms',
      baseline: { ...baseline, value: go.p50Ms },
    }),
  ];
}
