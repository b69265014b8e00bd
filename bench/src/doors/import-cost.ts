import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { median } from '../resident-memory.ts';
import { createRow } from '../row.ts';
import type { BenchRow } from '../row.ts';

const ROUNDS = 15;
/** Where the SDK is found as built, as others find it. */
const BENCH = resolve(import.meta.dirname, '../..');
const REPORT = 'process.stdout.write(String(process.memoryUsage.rss()))';

interface Cost {
  readonly ms: number;
  readonly mib: number;
}

function measure(statement: string): Cost {
  const startMs = performance.now();
  const args = ['--input-type=module', '-e', `${statement};${REPORT}`];
  const env = { ...process.env, NODE_OPTIONS: '', NODE_DISABLE_COMPILE_CACHE: '1' }; // as a first run has it
  const text = execFileSync(process.execPath, args, { cwd: BENCH, encoding: 'utf8', env });
  return { ms: performance.now() - startMs, mib: Number(text) / 1024 / 1024 };
}

/** What a program pays for importing the SDK, over Node alone. They take turns. */
export function measureImport(): BenchRow[] {
  process.stderr.write('bench doors: import of the SDK\n');
  const bare: Cost[] = [];
  const sdk: Cost[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(measure('0'));
    sdk.push(measure("await import('@clusternet/client')"));
  }
  const row = (name: string, of: keyof Cost, unit: string, atMost: number): BenchRow => {
    const base = median(bare.map((cost) => cost[of]));
    const value = median(sdk.map((cost) => cost[of])) - base;
    return createRow({
      name,
      value,
      unit,
      baseline: { name: 'bare node', value: base },
      bar: { of: 'value', atMost },
    });
  };
  return [
    row('import of the SDK, over bare node', 'ms', 'ms', 60),
    row('import of the SDK, RSS over bare node', 'mib', 'MiB', 35),
  ];
}
