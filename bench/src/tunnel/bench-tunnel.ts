import { findAssets } from '@clusternet/e2e/assets/find.ts';
import type { BenchRow } from '../row.ts';
import { measureLatency, measureMixedLoad, measureThroughput } from './speed.ts';
import { measureReconnects, measureSilence, measureStreamChurn } from './life.ts';
import { measureIdleTunnels, measureSlowReaders, measureWatches } from './memory.ts';
import { startStage } from './rig.ts';
import type { BenchStage } from './rig.ts';

const PARTS: readonly (readonly [string, (stage: BenchStage) => Promise<BenchRow[]>])[] = [
  ['get', measureLatency],
  ['bulk', measureThroughput],
  ['beside', measureMixedLoad],
  ['slow', measureSlowReaders],
  ['watches', measureWatches],
  ['churn', measureStreamChurn],
  ['idle', measureIdleTunnels],
  ['reconnects', measureReconnects],
  ['silent', measureSilence],
];

/** The way to a child and back: ours, the Go library with kept connections, and the child itself. */
export async function benchTunnel(wants: (part: string) => boolean): Promise<BenchRow[]> {
  const peer = findAssets()?.get('tunnel-go-peer');
  if (peer === undefined) {
    throw new Error('the Go peer is missing: install Go, then run: npm run assets');
  }
  const rows: BenchRow[] = [];
  for (const [part, measure] of PARTS) {
    if (!wants(part)) continue;
    process.stderr.write(`bench tunnel: ${part}\n`);
    const startMs = Date.now();
    await using stage = await startStage(peer); // processes of one part do not burden the next
    rows.push(...(await measure(stage)));
    process.stderr.write(`bench tunnel: ${part} took ${Math.round((Date.now() - startMs) / 1000)} s\n`);
  }
  return rows;
}
