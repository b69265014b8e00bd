import { createFakeClock } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { Liveness } from './liveness.ts';

function start(role: 'acceptor' | 'dialler') {
  const clock = createFakeClock();
  const pingsMs: number[] = [];
  const liveness = new Liveness(
    clock,
    role,
    {},
    {
      readBytes: () => 0,
      ping: () => pingsMs.push(clock.monotonicMs()),
      onTick: () => undefined,
      onDead: () => liveness.stop(),
    },
  );
  const startMs = clock.monotonicMs();
  liveness.start();
  return { clock, liveness, pings: () => pingsMs.map((ms) => ms - startMs) };
}

/** A minute in which the peer is heard every three seconds. */
async function hear({ clock, liveness }: ReturnType<typeof start>): Promise<void> {
  for (let rounds = 0; rounds < 20; rounds += 1) {
    await clock.advance(3000);
    liveness.see();
  }
}

describe('Liveness', () => {
  it('has an agent ping every three seconds, whatever else flows: Go hubs count nothing but pings', async () => {
    const agent = start('dialler');
    await hear(agent);
    expect(agent.pings()).toHaveLength(20);
  });

  it('has a hub measure an agent that it hears anyway at once, and then every fifteen seconds', async () => {
    const hub = start('acceptor');
    await hear(hub);
    expect(hub.pings()).toEqual([1000, 16_000, 31_000, 46_000]);
  });

  it('has a hub ask an agent that is late, well before that counts as silent', async () => {
    const hub = start('acceptor');
    await hear(hub);
    await hub.clock.advance(7500);
    expect(hub.liveness.isSilent).toBe(false);
    expect(hub.pings().slice(-2)).toEqual([64_000, 67_000]);
    await hub.clock.advance(1000);
    expect(hub.liveness.isSilent).toBe(true);
  });
});
