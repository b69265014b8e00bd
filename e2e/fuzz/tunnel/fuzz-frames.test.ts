import { describe, expect, it } from 'vitest';
import { FRAME_SUBJECTS, fuzzFrames } from './fuzz-frames.ts';

/** The whole run is `npm run fuzz -- tunnel`. */
describe.each(FRAME_SUBJECTS)('sessions of $name', (subject) => {
  it.each([1, 2, 3])('hold their rules against frames of all kinds, seed %i', (seed) => {
    const { served, sessionsEnded } = fuzzFrames(subject, { seed, frames: 20_000 });
    expect(served).toBeGreaterThan(100); // it got deep
    expect(sessionsEnded).toBeGreaterThan(10);
  });
});
