// Looks for input that programs cannot take: npm run fuzz -- apiserver [--seconds N] [--seed S]
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import type { IRawProperty } from 'fast-check';
import { fuzzTargets } from '../../../packages/apiserver/src/fuzz/targets.fixture.ts';
import { protobufTargets } from '../../../packages/playground/src/protobuf/protobuf-targets.fixture.ts';

interface Target {
  readonly name: string;
  readonly property: IRawProperty<unknown>;
}

const TARGETS: readonly Target[] = [...fuzzTargets, ...protobufTargets];
/** Small, so that every property gets its turn in a short run too. */
const RUNS_PER_TURN = 100;

/** A positive whole number, or the way out. */
function readNumber(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  process.stderr.write(`fuzz: --${name} takes a positive whole number, not "${text ?? ''}"\n`);
  process.exit(2);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' } } });
  const seconds = readNumber('seconds', values.seconds, 60);
  const seed = readNumber('seed', values.seed, 1 + Math.floor(Math.random() * 0x7ffffffe));
  console.log(`seed ${seed}, ${seconds} seconds, ${TARGETS.length} properties`);

  const endsAt = performance.now() + seconds * 1000;
  const failed = new Set<string>();
  let runs = 0;
  for (let turn = 0; performance.now() < endsAt; turn++) {
    for (const { name, property } of TARGETS) {
      if (failed.has(name) || performance.now() >= endsAt) continue;
      // Each turn has a seed of its own, made of the one that was printed: the same seed looks at the same input.
      const details = await fc.check(property, { seed: (seed + turn) % 0x7fffffff, numRuns: RUNS_PER_TURN });
      runs += details.numRuns;
      if (!details.failed) continue;
      failed.add(name);
      console.error(`FAILED ${name}\n${await fc.asyncDefaultReportMessage(details)}\n`);
    }
  }
  console.log(`${runs} runs, ${failed.size} failures`);
  process.exitCode = failed.size > 0 ? 1 : 0;
}

await main();
