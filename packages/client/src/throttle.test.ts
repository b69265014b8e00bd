import { createFakeClock, createFakeRandom } from '@clusternet/runtime/fakes';
import type { FakeClock } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { createFakeApi, json, statusAnswer } from './fakes/index.ts';
import type { FakeApi } from './fakes/index.ts';
import { throttleTransport } from './throttle.ts';
import type { RateLimit } from './throttle.ts';
import type { HttpMethod, Transport } from './transport.ts';

function setUp(limit?: RateLimit): { api: FakeApi; clock: FakeClock; transport: Transport } {
  const api = createFakeApi();
  const clock = createFakeClock();
  return {
    api,
    clock,
    transport: throttleTransport(api.transport, { clock, random: createFakeRandom() }, limit),
  };
}

const busy = (headers: Record<string, string>) => statusAnswer(429, 'TooManyRequests', 'later', headers);

describe('an answer of 429', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] satisfies HttpMethod[])(
    'is tried again for %s, when the server said',
    async (method) => {
      const { api, clock, transport } = setUp();
      let left = 2;
      api.intercept(() => (left-- > 0 ? busy({ 'retry-after': '3' }) : json(200, {})));
      const answered = transport.request({ method, path: '/x', body: '{"a":1}' });
      await clock.advance(2900);
      expect(api.requests).toHaveLength(1);
      await clock.advance(5000);
      expect((await answered).status).toBe(200);
      expect(api.requests.map(({ body }) => body)).toEqual(Array(3).fill('{"a":1}'));
      expect(clock.pending()).toBe(0);
    },
  );

  it('is given on after five tries', async () => {
    const { api, clock, transport } = setUp();
    api.intercept(() => busy({ 'retry-after': '1' }));
    const answered = transport.request({ method: 'GET', path: '/x' });
    await clock.advance(60_000);
    expect((await answered).status).toBe(429);
    expect(api.requests).toHaveLength(5);
  });

  it.each<{ why: string; headers: Record<string, string> }>([
    { why: 'it does not say when to come again', headers: {} },
    { why: 'the wait is too long to sit out', headers: { 'retry-after': '3600' } },
  ])('is given on at once when $why', async ({ headers }) => {
    const { api, transport } = setUp();
    api.intercept(() => busy(headers));
    expect((await transport.request({ method: 'GET', path: '/x' })).status).toBe(429);
    expect(api.requests).toHaveLength(1);
  });

  it('that says to come at once does not make a hot loop', async () => {
    const { api, clock, transport } = setUp();
    api.intercept(() => busy({ 'retry-after': '0' }));
    const answered = transport.request({ method: 'GET', path: '/x' });
    await clock.advance(90);
    expect(api.requests).toHaveLength(1);
    await clock.advance(10_000);
    await answered;
  });

  it('stops waiting when the signal aborts', async () => {
    const { api, clock, transport } = setUp();
    api.intercept(() => busy({ 'retry-after': '9' }));
    const controller = new AbortController();
    const why = new Error('stop');
    const failed = expect(transport.request({ method: 'GET', path: '/x' }, controller.signal)).rejects.toBe(
      why,
    );
    await clock.advance(100);
    controller.abort(why);
    await failed;
    expect(clock.pending()).toBe(0);
  });
});

describe('a rate limit', () => {
  it('lets a burst through and spaces what follows', async () => {
    const { api, clock, transport } = setUp({ qps: 10, burst: 3 });
    void Promise.all(Array.from({ length: 6 }, () => transport.request({ method: 'GET', path: '/x' })));
    await clock.advance(0);
    expect(api.requests).toHaveLength(3);
    await clock.advance(100);
    expect(api.requests).toHaveLength(4);
    await clock.advance(200);
    expect(api.requests).toHaveLength(6);
  });

  it('gives its turn back when the signal aborts', async () => {
    const { api, clock, transport } = setUp({ qps: 1, burst: 1 });
    await transport.request({ method: 'GET', path: '/x' });
    const controller = new AbortController();
    const failed = expect(
      transport.request({ method: 'GET', path: '/x' }, controller.signal),
    ).rejects.toThrow();
    controller.abort();
    await failed;
    void transport.request({ method: 'GET', path: '/x' });
    await clock.advance(1000);
    expect(api.requests).toHaveLength(2);
  });

  it('never holds up the renewal of a Lease', async () => {
    const { api, transport } = setUp({ qps: 1, burst: 1 });
    const path = '/apis/coordination.k8s.io/v1/namespaces/a/leases/b';
    for (let round = 0; round < 5; round += 1) await transport.request({ method: 'GET', path });
    expect(api.requests).toHaveLength(5);
  });

  it('of unary calls is not used up by watches', async () => {
    const { api, clock, transport } = setUp({ qps: 1, burst: 2 });
    for (let round = 0; round < 4; round += 1)
      void transport.request({ method: 'GET', path: '/w', stream: true });
    await clock.advance(0);
    expect(api.requests).toHaveLength(2);
    await transport.request({ method: 'GET', path: '/x' });
    await clock.advance(5000);
    expect(api.requests).toHaveLength(5);
  });

  it('of 0 is none', async () => {
    const { api, transport } = setUp({ qps: 0, burst: 0 });
    for (let round = 0; round < 300; round += 1) await transport.request({ method: 'GET', path: '/x' });
    expect(api.requests).toHaveLength(300);
  });
});

describe('the gate for watches', () => {
  it('spreads a reconnect of a thousand, without being asked to', async () => {
    const { api, clock, transport } = setUp();
    void Promise.all(
      Array.from({ length: 1000 }, () => transport.request({ method: 'GET', path: '/w', stream: true })),
    );
    await clock.advance(1000);
    expect(api.requests.length).toBeLessThanOrEqual(251);
    await clock.advance(16_000);
    expect(api.requests).toHaveLength(1000);
  });
});
