import fc from 'fast-check';
import { describe, it } from 'vitest';
import { fuzzTargets } from './targets.fixture.ts';

/** The same input each time, so that a run says something of the change it is for; ever new input is `npm run fuzz`. */
describe('whatever comes', () => {
  it.each(fuzzTargets)('$name', async ({ property }) => {
    await fc.assert(property, { seed: 1, numRuns: 200, interruptAfterTimeLimit: 1500 });
  });
});
