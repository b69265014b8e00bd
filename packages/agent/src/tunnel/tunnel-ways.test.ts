import { silentLogger } from '@clusternet/runtime';
import { createFakeClock, createFakeRandom } from '@clusternet/runtime/fakes';
import { TunnelError } from '@clusternet/tunnel';
import type { TunnelSession } from '@clusternet/tunnel';
import { describe, expect, it } from 'vitest';
import type { HubAddress } from './hub-address.ts';
import { createTunnelWays } from './tunnel-ways.ts';

const MINUTE_MS = 60_000;
const refused = new TunnelError('UNREACHABLE', 'agent → hub', 'connection refused');

function setUp() {
  const clock = createFakeClock();
  const over = new AbortController();
  const state = {
    address: { url: 'https://hub' } as HubAddress | undefined,
    isHubUp: true,
    isParentUp: true,
    closed: [] as string[],
    /** Before that no session opens. */
    opens: undefined as PromiseWithResolvers<undefined> | undefined,
  };
  const tried: string[] = [];
  const open = async (way: string, isUp: boolean): Promise<TunnelSession> => {
    tried.push(way);
    if (!isUp) throw refused;
    await state.opens?.promise;
    const close = () => Promise.resolve(void state.closed.push(way));
    return { hop: way, isClosed: false, close } as Partial<TunnelSession> as TunnelSession;
  };
  const ways = createTunnelWays(
    {
      clock,
      random: createFakeRandom(),
      log: silentLogger,
      readAddress: () => Promise.resolve(state.address),
      dialHub: ({ url }) => open(url, state.isHubUp),
      dialParent: () => open('parent', state.isParentUp),
    },
    over.signal,
  );
  const dial = async (): Promise<string> => (await ways.dial(over.signal)).hop;
  return { clock, over, state, tried, ways, dial };
}

describe('the way of a tunnel', () => {
  it('leads to the address of hubs where there is one, and through kube-apiserver where not', async () => {
    const { state, tried, dial } = setUp();
    expect(await dial()).toBe('https://hub');
    state.address = undefined;
    expect(await dial()).toBe('parent');
    expect(tried).toEqual(['https://hub', 'parent']);
  });

  it('leads through kube-apiserver when hubs are not reached directly, and is not tried again at once', async () => {
    const { clock, state, tried, dial } = setUp();
    state.isHubUp = false;
    expect([await dial(), await dial()]).toEqual(['parent', 'parent']);
    expect(tried).toEqual(['https://hub', 'parent', 'parent']);
    await clock.advance(6 * MINUTE_MS);
    state.isHubUp = true;
    expect(await dial()).toBe('https://hub');
  });

  it('is tried directly first as long as no way works, so that a hub that restarts is found again there', async () => {
    const { state, dial } = setUp();
    state.isHubUp = state.isParentUp = false;
    await expect(dial()).rejects.toThrow(refused);
    await expect(dial()).rejects.toThrow(refused);
    state.isHubUp = state.isParentUp = true;
    expect(await dial()).toBe('https://hub');
  });

  it('changes to the direct one when that opens, with the old session in use until then', async () => {
    const { clock, over, state, ways, dial } = setUp();
    state.isHubUp = false;
    const session = await ways.dial(over.signal);
    let isBetter = false;
    void ways.waitForBetter(session, over.signal).then(() => (isBetter = true));
    await clock.advance(10 * MINUTE_MS);
    expect(isBetter).toBe(false);
    state.isHubUp = true;
    await clock.advance(7 * MINUTE_MS);
    expect(isBetter).toBe(true);
    expect(await dial()).toBe('https://hub');
    expect(state.closed).toEqual([]);
  });

  it('is not looked for where it is in use already, and leaves no timer', async () => {
    const { clock, over, tried, ways } = setUp();
    const session = await ways.dial(over.signal);
    void ways.waitForBetter(session, over.signal);
    await clock.advance(60 * MINUTE_MS);
    expect(tried).toEqual(['https://hub']);
    expect(clock.pending()).toBe(0);
  });

  it('closes what it opened when the session that was to be replaced is over by then', async () => {
    const { clock, over, state, tried, ways } = setUp();
    state.isHubUp = false;
    const session = await ways.dial(over.signal);
    const held = new AbortController();
    state.opens = Promise.withResolvers<undefined>();
    state.isHubUp = true;
    void ways.waitForBetter(session, held.signal);
    await clock.advance(7 * MINUTE_MS);
    expect(tried).toEqual(['https://hub', 'parent', 'https://hub']);
    held.abort();
    state.opens.resolve(undefined);
    await clock.advance(0);
    expect(state.closed).toEqual(['https://hub']);
    expect(clock.pending()).toBe(0);
  });
});
