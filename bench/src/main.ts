// The benchmarks: npm run bench -- [NAME] [--json]
import { parseArgs } from 'node:util';
import { errorText } from '@clusternet/runtime';
import { benchIdle } from './idle.ts';
import type { BenchRow } from './row.ts';

const BENCHES: ReadonlyMap<string, { readonly what: string; readonly run: () => Promise<BenchRow[]> }> =
  new Map([['idle', { what: 'memory of hub and agent as built, with nothing to do', run: benchIdle }]]);

function usage(): string {
  const names = [...BENCHES].map(([name, { what }]) => `  ${name.padEnd(10)} ${what}`);
  return ['Usage: npm run bench -- [NAME] [--json]', '', ...names, ''].join('\n');
}

function format(rows: readonly BenchRow[]): string {
  const lines = rows.map(({ name, value, unit, baseline, ratio, bar }) =>
    [
      name.padEnd(28),
      `${value.toFixed(1)} ${unit}`.padStart(12),
      `${ratio.toFixed(2)} x ${baseline.name} (${baseline.value.toFixed(1)} ${unit})`,
      bar === undefined ? '' : `bar ${bar} ${unit}: ${value <= bar ? 'met' : 'MISSED'}`,
    ].join('  '),
  );
  return lines.join('\n');
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const names = positionals.length > 0 ? positionals : [...BENCHES.keys()];
  const unknown = names.find((name) => !BENCHES.has(name));
  if (values.help) process.stdout.write(usage());
  else if (unknown !== undefined) throw new TypeError(`there is no benchmark "${unknown}"\n${usage()}`);
  else {
    const rows: BenchRow[] = [];
    for (const name of names) rows.push(...((await BENCHES.get(name)?.run()) ?? []));
    process.stdout.write(values.json ? `${JSON.stringify({ rows })}\n` : `${format(rows)}\n`);
  }
} catch (error) {
  process.stderr.write(`bench: ${errorText(error)}\n`);
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
