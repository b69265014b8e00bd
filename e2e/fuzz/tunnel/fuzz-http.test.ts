import { describe, expect, it } from 'vitest';
import { fuzzHttp } from './fuzz-http.ts';
import { startHttpRig } from './http-rig.ts';

/** The whole run is `npm run fuzz -- tunnel`. */
describe.each([1, 2] as const)('a hub with an agent over version %i', (version) => {
  it('answers on through hostile requests', async () => {
    await using rig = await startHttpRig(version);
    const { served } = await fuzzHttp(rig, { seed: 1, requests: 250 });
    expect(served).toBeGreaterThan(20);
    expect(rig.seen()).toBeGreaterThan(0); // some got through to the child
  });
});
