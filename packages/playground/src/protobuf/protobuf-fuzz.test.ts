import fc from 'fast-check';
import { describe, it } from 'vitest';
import { protobufTargets } from './protobuf-targets.fixture.ts';

describe('protobuf, whatever comes', () => {
  it.each(protobufTargets)('$name', async ({ property }) => {
    await fc.assert(property, { numRuns: 500, interruptAfterTimeLimit: 1500 });
  });
});
