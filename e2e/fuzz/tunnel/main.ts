// npm run fuzz -- tunnel [--frames N] [--requests N] [--seed S]: frames against sessions, requests against a hub.
import { parseArgs } from 'node:util';
import { FRAME_SUBJECTS, fuzzFrames } from './fuzz-frames.ts';
import type { FuzzResult } from './fuzz-result.ts';
import { fuzzHttp } from './fuzz-http.ts';
import { startHttpRig } from './http-rig.ts';

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '10000000' },
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [frames, requests, seed] = [values.frames, values.requests, values.seed].map(Number) as [
  number,
  number,
  number,
];
const MIB = 1024 * 1024;
/** What may stay behind a run, over what was held once it was warm. */
const MAX_GROWTH_BYTES = 64 * MIB;
const BATCHES = 10;

const rss = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().rss;
};
const inMib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;
let failed = 0;

function report(name: string, result: FuzzResult, samples: readonly number[]): void {
  const growthBytes = (samples.at(-1) ?? 0) - (samples[1] ?? 0);
  const isGrown = growthBytes > MAX_GROWTH_BYTES;
  if (isGrown) failed += 1;
  console.log(
    `${name}: ${result.inputs} inputs, ${result.served} served, ${result.sessionsEnded} sessions ended; ` +
      `RSS ${samples.map(inMib).join(', ')}${isGrown ? ' GROWN' : ''}`,
  );
}

const NOTHING: FuzzResult = { inputs: 0, served: 0, sessionsEnded: 0 };
const add = (a: FuzzResult, b: FuzzResult): FuzzResult => ({
  inputs: a.inputs + b.inputs,
  served: a.served + b.served,
  sessionsEnded: a.sessionsEnded + b.sessionsEnded,
});

console.log(`seed ${seed}`);
for (const subject of FRAME_SUBJECTS) {
  const samples = [rss()];
  let total = NOTHING;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const part = Math.ceil(frames / FRAME_SUBJECTS.length / BATCHES);
    total = add(total, fuzzFrames(subject, { seed: seed + batch, frames: part }));
    samples.push(rss());
  }
  report(subject.name, total, samples);
}
for (const version of [1, 2] as const) {
  await using rig = await startHttpRig(version);
  const samples = [rss()];
  let total = NOTHING;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    total = add(
      total,
      await fuzzHttp(rig, { seed: seed + batch, requests: Math.ceil(requests / 2 / BATCHES) }),
    );
    samples.push(rss());
  }
  report(`requests, version ${version} (${rig.seen()} reached the child)`, total, samples);
}
console.log(failed === 0 ? 'held' : `${failed} grew`);
process.exitCode = failed === 0 ? 0 : 1;
