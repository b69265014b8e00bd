import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findAssets } from '@clusternet/e2e/assets/find.ts';
import { startRealPlane } from '@clusternet/e2e/harness/real-plane.ts';
import { startBenchProcess, startOwnProcess } from '../processes.ts';
import { median } from '../resident-memory.ts';
import { createRow } from '../row.ts';
import type { Bar, BenchRow } from '../row.ts';

const FURTHER_PLANES = 50;
const OBJECTS = 10_000;

interface Target {
  readonly url: string;
  readonly certFile: string;
  readonly keyFile: string;
}

interface Result {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  readonly lastError?: string;
}

/** The embedded control plane beside a real kube-apiserver on etcd. */
export async function benchPlayground(wants: (part: string) => boolean): Promise<BenchRow[]> {
  const assets = findAssets();
  const peer = assets?.get('tunnel-go-peer');
  if (assets === undefined || peer === undefined)
    throw new Error('real programs are missing; run: npm run assets');
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-bench-'));
  try {
    return [
      ...(wants('planes') ? await measurePlanes(folder) : []),
      ...(wants('api') ? await measureApi(folder, assets, peer) : []),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What one more control plane costs a process that has some. */
async function measurePlanes(folder: string): Promise<BenchRow[]> {
  process.stderr.write(`bench playground: ${FURTHER_PLANES} control planes in one process\n`);
  await using planes = startOwnProcess('playground/planes-process.ts', [folder, String(FURTHER_PLANES)]);
  await planes.nextLine();
  const { times, rssMiB } = JSON.parse(await planes.nextLine()) as { times: number[]; rssMiB: number };
  return [
    createRow({
      name: 'each further control plane, ready within',
      value: median(times),
      unit: 'ms',
      bar: { of: 'value', atMost: 50 },
    }),
    createRow({
      name: 'each further control plane, RSS',
      value: rssMiB,
      unit: 'MiB',
      bar: { of: 'value', atMost: 4 },
    }),
  ];
}

async function measureApi(
  folder: string,
  assets: ReadonlyMap<string, string>,
  peer: string,
): Promise<BenchRow[]> {
  process.stderr.write('bench playground: one control plane and a real one\n');
  await using planes = startOwnProcess('playground/planes-process.ts', [folder]);
  const { url } = JSON.parse(await planes.nextLine()) as { url: string };
  const embedded = { url, certFile: join(folder, 'embedded.crt'), keyFile: join(folder, 'embedded.key') };
  await using real = await startRealPlane('bench', assets);
  const beside = { url: real.server, certFile: join(folder, 'real.crt'), keyFile: join(folder, 'real.key') };
  writeFileSync(beside.certFile, real.connection.certPem ?? '');
  writeFileSync(beside.keyFile, real.connection.keyPem ?? '', { mode: 0o600 });

  const run = async (target: Target, mode: string, clients: number, seconds: number): Promise<Result> => {
    const args = [
      'kube',
      mode,
      target.url,
      target.certFile,
      target.keyFile,
      String(clients),
      String(seconds),
    ];
    await using load = startBenchProcess(peer, args);
    const result = JSON.parse(await load.nextLine()) as Result;
    if (result.errors > 0)
      throw new Error(`${mode}: ${result.errors} requests failed: ${result.lastError ?? ''}`);
    return result;
  };
  const compare = async (
    name: string,
    load: { readonly mode: string; readonly clients: number; readonly seconds: number },
    figure: { readonly of: 'p50Ms' | 'p99Ms' | 'perSecond'; readonly bar: Bar },
  ): Promise<BenchRow> => {
    const own = await run(embedded, load.mode, load.clients, load.seconds);
    const other = await run(beside, load.mode, load.clients, load.seconds);
    return createRow({
      name,
      value: own[figure.of],
      unit: figure.of === 'perSecond' ? 'req/s' : 'ms',
      baseline: { name: 'kube-apiserver and etcd', value: other[figure.of] },
      bar: figure.bar,
    });
  };
  for (const target of [embedded, beside]) await run(target, 'creates', 8, 2);
  const rows = [
    await compare(
      'creates',
      { mode: 'creates', clients: 16, seconds: 6 },
      { of: 'perSecond', bar: { of: 'value', atLeast: 3000 } },
    ),
    await compare(
      'gets',
      { mode: 'gets', clients: 16, seconds: 6 },
      { of: 'perSecond', bar: { of: 'value', atLeast: 6000 } },
    ),
    await compare(
      'watch events to 100 watchers at 1,000/s, p99',
      { mode: 'watch', clients: 100, seconds: 20 },
      { of: 'p99Ms', bar: { of: 'value', atMost: 10 } },
    ),
  ];
  await using clean = startOwnProcess('playground/planes-process.ts', [folder]);
  const fresh = { ...embedded, url: (JSON.parse(await clean.nextLine()) as { url: string }).url };
  await run(fresh, 'seed', OBJECTS, 120);
  const list = await run(fresh, 'list', 1, 8);
  rows.push(
    createRow({
      name: 'list of 10,000 objects',
      value: list.p50Ms,
      unit: 'ms',
      bar: { of: 'value', atMost: 400 },
    }),
  );
  return rows;
}
