// The benchmarks: npm run bench -- [NAME] [--rows PART[,PART]] [--json]
import { parseArgs } from 'node:util';
import { errorText } from '@clusternet/runtime';
import { benchDelivery } from './delivery/bench-delivery.ts';
import { benchDoors } from './doors/bench-doors.ts';
import { benchIdle } from './idle.ts';
import { benchLifecycle } from './lifecycle/bench-lifecycle.ts';
import { benchPlayground } from './playground/bench-playground.ts';
import { formatRows } from './row.ts';
import type { BenchRow } from './row.ts';
import { benchTunnel } from './tunnel/bench-tunnel.ts';

interface Bench {
  readonly what: string;
  /** @param wants - whether the rows of a part are asked for */
  readonly run: (wants: (part: string) => boolean) => Promise<BenchRow[]>;
}

const BENCHES: ReadonlyMap<string, Bench> = new Map([
  ['delivery', { what: 'from a feed to what a child gets', run: benchDelivery }],
  ['doors', { what: 'the SDK: what it costs, many clusters at once, templates', run: benchDoors }],
  ['idle', { what: 'memory of hub and agent as built, with nothing to do', run: benchIdle }],
  ['lifecycle', { what: 'a thousand clusters at one hub', run: benchLifecycle }],
  ['playground', { what: 'the embedded control plane, beside a real one', run: benchPlayground }],
  ['tunnel', { what: 'the way to a child and back, beside the Go tunnel library', run: benchTunnel }],
]);

/** Rows by what their names begin with: `fanout100, p90` is a row of `fanout100`. */
function byPart(rows: readonly BenchRow[]): Record<string, readonly BenchRow[]> {
  const parts = new Map<string, BenchRow[]>();
  for (const row of rows) {
    const part = /^([a-zA-Z0-9]+),/.exec(row.name)?.[1];
    if (part !== undefined) parts.set(part, [...(parts.get(part) ?? []), row]);
  }
  return Object.fromEntries(parts);
}

function usage(): string {
  const names = [...BENCHES].map(([name, { what }]) => `  ${name.padEnd(11)} ${what}`);
  return [
    'Usage: npm run bench -- [NAME] [--rows PART[,PART]] [--json]',
    '',
    ...names,
    '',
    'All of them without NAME. --rows runs the parts of a benchmark whose names hold one of the given texts.',
    '',
  ].join('\n');
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      rows: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const names = positionals.length > 0 ? positionals : [...BENCHES.keys()];
  const unknown = names.find((name) => !BENCHES.has(name));
  const parts = values.rows?.split(',');
  const wants = (part: string): boolean => parts?.some((text) => part.includes(text)) ?? true;
  if (values.help) process.stdout.write(usage());
  else if (unknown !== undefined) throw new TypeError(`there is no benchmark "${unknown}"\n${usage()}`);
  else {
    const rows: BenchRow[] = [];
    for (const name of names) rows.push(...((await BENCHES.get(name)?.run(wants)) ?? []));
    process.stdout.write(
      values.json ? `${JSON.stringify({ ...byPart(rows), rows })}\n` : `${formatRows(rows)}\n`,
    );
  }
} catch (error) {
  process.stderr.write(`bench: ${errorText(error)}\n`);
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
