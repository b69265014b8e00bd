import { createSealKeys, sealText } from '@clusternet/pki';
import { silentLogger } from '@clusternet/runtime';
import { createFakeClock, createFakeRandom } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import type { AgentOptions } from '../options.ts';
import type { Child } from '../child.ts';
import type { IssuedToken } from './read-credential.ts';
import type { Parent } from './register.ts';
import { runRenewal } from './renew-credential.ts';

const MINUTE_MS = 60_000;

describe('runRenewal', () => {
  it('takes the next credential into use before the present one runs out', async () => {
    const clock = createFakeClock();
    const keys = createSealKeys();
    const issued = (token: string, lifeMs: number): IssuedToken => ({
      token,
      expiresMs: clock.nowMs() + lifeMs,
    });
    let current = issued('first', 30 * MINUTE_MS);
    let offered = current;
    const get = (): Promise<unknown> => {
      const expires = new Date(offered.expiresMs ?? 0).toISOString();
      const box = sealText(keys.publicKey, JSON.stringify({ token: offered.token, expires }));
      const annotations = { 'clusters.clusternet.io/sealed-credential': JSON.stringify({ expires, box }) };
      return Promise.resolve({ metadata: { name: 'clusternet-x', annotations }, status: {} });
    };
    const parent = {
      clusterId: 'x',
      client: { resource: () => ({ get }) },
      credential: {
        get token() {
          return current.token;
        },
      },
      expiresMs: () => current.expiresMs,
      replace: (next: IssuedToken) => {
        current = next;
        return Promise.resolve();
      },
    } as unknown as Parent; // what the renewal uses of it
    const controller = new AbortController();
    const unused = { child: {} as Child, options: {} as AgentOptions };
    const deps = { ...unused, clock, random: createFakeRandom(), log: silentLogger };
    const done = runRenewal(deps, parent, keys, controller.signal);

    await clock.advance(14 * MINUTE_MS);
    offered = issued('second', 30 * MINUTE_MS);
    expect(current.token).toBe('first');
    await clock.advance(2 * MINUTE_MS);
    expect(current.token).toBe('second');

    controller.abort();
    await done;
    expect(clock.pending()).toBe(0);
  });
});
