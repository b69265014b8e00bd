import fc from 'fast-check';
import { describe, it } from 'vitest';
import { fuzzTargets } from './targets.fixture.ts';

describe('whatever comes', () => {
  it.each(fuzzTargets)('$name', async ({ property }) => {
    await fc.assert(property, { numRuns: 200, interruptAfterTimeLimit: 1500 });
  });
});
