import { createSeededRandom } from '../seeded-random.ts';
import type { FuzzResult } from './fuzz-result.ts';
import { fuzzV1 } from './fuzz-v1.ts';
import { fuzzV2 } from './fuzz-v2.ts';

/** The four kinds of session. */
export const FRAME_SUBJECTS = [
  { name: 'version 1, hub', fuzz: fuzzV1, role: 'acceptor' },
  { name: 'version 1, agent', fuzz: fuzzV1, role: 'dialler' },
  { name: 'version 2, hub', fuzz: fuzzV2, role: 'acceptor' },
  { name: 'version 2, agent', fuzz: fuzzV2, role: 'dialler' },
] as const;

/** @throws when a rule of the protocol is broken; the seed tells it again */
export function fuzzFrames(
  subject: (typeof FRAME_SUBJECTS)[number],
  options: { readonly seed: number; readonly frames: number },
): FuzzResult {
  return subject.fuzz(createSeededRandom(options.seed), subject.role, options.frames);
}
