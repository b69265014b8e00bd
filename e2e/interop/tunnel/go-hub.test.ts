import type { Socket } from 'node:net';
import { createFakeRandom } from '@clusternet/runtime/fakes';
import { silentLogger, systemClock } from '@clusternet/runtime';
import { runTunnel } from '@clusternet/tunnel';
import type { TunnelSession } from '@clusternet/tunnel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { goPeers, startGoHub } from './go-peers.fixture.ts';
import type { GoHub } from './go-peers.fixture.ts';
import {
  MIB,
  echo,
  hasStopped,
  patternOf,
  readAll,
  readExactly,
  startOwnAgent,
  startTarget,
  writeMany,
} from './own-peers.fixture.ts';

describe.each(goPeers)('an agent of ours and a hub on $version', (peer) => {
  const connect = async (
    options: Parameters<typeof startOwnAgent>[1] = {},
  ): Promise<{ hub: GoHub; agent: TunnelSession; open: (target: string) => Socket }> => {
    const hub = await startGoHub(peer);
    const agent = await startOwnAgent(hub.url, options);
    agent.closed().catch(() => {});
    await expect.poll(() => hub.has('c-1')).toBe(true);
    return { hub, agent, open: (target) => hub.open('c-1', target) };
  };

  it('speak version 1 with each other', async () => {
    expect((await connect()).agent).toMatchObject({ version: 1, leg: 'websocket' });
  });

  it.each([1, 4095, 4096, 4097, 32_768, 100_000])('carry %i bytes both ways', async (sizeBytes) => {
    const { open } = await connect();
    const stream = open(await startTarget(echo));
    const sent = patternOf(sizeBytes, sizeBytes);
    stream.write(sent);
    expect((await readExactly(stream, sizeBytes)).equals(sent)).toBe(true);
  });

  it('carry 200 streams at once, each with its own bytes', async () => {
    const target = await startTarget(echo);
    const { agent, open } = await connect();
    const results = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const stream = open(target);
        const sent = patternOf(index, 20_000 + index);
        stream.write(sent);
        const isSame = (await readExactly(stream, sent.length)).equals(sent);
        stream.destroy();
        return isSame;
      }),
    );
    expect(results.every(Boolean)).toBe(true);
    await expect.poll(() => agent.streams).toBe(0);
  });

  it('carry a large body beside a stream that is half read, and then the rest of that', async () => {
    const body = patternOf(1, 40 * MIB);
    const target = await startTarget((socket) => socket.end(body));
    const { agent, open } = await connect();
    const slow = open(target);
    await expect
      .poll(
        hasStopped(() => agent.sentBytes),
        { interval: 200, timeout: 10_000 },
      )
      .toBe(true);
    expect(agent.sentBytes).toBeLessThan(body.length); // the hub said Pause
    expect((await readAll(open(target))).equals(body)).toBe(true);
    expect((await readAll(slow)).equals(body)).toBe(true);
    await expect.poll(() => agent.streams).toBe(0);
  });

  it('carry an upload through many pauses', async () => {
    let got = 0;
    const target = await startTarget((socket) => socket.on('data', (chunk) => (got += chunk.length)));
    await writeMany((await connect()).open(target), 64 * MIB);
    await expect.poll(() => got, { timeout: 20_000 }).toBe(64 * MIB);
  });

  it('hold an upload back while the target does not read, and let it go on when it does', async () => {
    const accepted = Promise.withResolvers<Socket>();
    let got = 0;
    const { agent, open } = await connect();
    const written = writeMany(
      open(await startTarget((socket) => accepted.resolve(socket.pause()))),
      96 * MIB,
    );
    const target = await accepted.promise;
    await expect
      .poll(
        hasStopped(() => agent.receivedBytes),
        { interval: 200, timeout: 20_000 },
      )
      .toBe(true);
    expect(agent.bufferedBytes).toBeLessThan(32 * MIB);
    target.on('data', (chunk) => (got += chunk.length)).resume();
    await written;
    await expect.poll(() => got, { timeout: 20_000 }).toBe(96 * MIB);
  });

  it('do not hang when both directions are full', async () => {
    const { open } = await connect();
    const stream = open(await startTarget(echo));
    await Promise.all([writeMany(stream, 48 * MIB), readExactly(stream, 48 * MIB)]);
  });

  it('say why a target cannot be reached', async () => {
    const { agent, hub, open } = await connect();
    const answers = [open('127.0.0.1:1'), open('nowhere.invalid:443')].map(readAll);
    expect((await Promise.all(answers)).map(String)).toEqual([
      expect.stringMatching(/^ERR dial tcp 127\.0\.0\.1:1: .*ECONNREFUSED/),
      expect.stringMatching(/^ERR dial tcp nowhere\.invalid:443: /),
    ]);
    expect([agent.isClosed, await hub.has('c-1')]).toEqual([false, true]);
  });

  it('say that a target is not allowed', async () => {
    const { open } = await connect({ allowed: ['10.96.0.1:443'] });
    expect(String(await readAll(open('127.0.0.1:1')))).toMatch(
      /^ERR dial tcp .* not allowed by the dial policy/,
    );
  });

  it('tell a reset of the target in the middle of a body, and nobody else', async () => {
    const { open } = await connect();
    const other = open(await startTarget(echo));
    const stream = open(
      await startTarget((socket) => {
        socket.write('half');
        socket.once('data', () => socket.resetAndDestroy());
      }),
    );
    expect((await readExactly(stream, 4)).toString()).toBe('half');
    stream.write('go');
    expect(String(await readAll(stream))).toMatch(/^ERR .*ECONNRESET/);
    other.write('still here');
    expect((await readExactly(other, 10)).toString()).toBe('still here');
  });

  it('survive 100 streams that end at once from both sides', async () => {
    const { agent, open } = await connect();
    const target = await startTarget((socket) => socket.once('data', () => socket.end('bye')));
    for (let index = 0; index < 100; index += 1) {
      const stream = open(target);
      stream.resume();
      if (index % 2 === 0) stream.end('x');
      else stream.write('x', () => stream.destroy());
    }
    await expect.poll(() => agent.streams).toBe(0);
    expect(String(await readAll(open(await startTarget((socket) => socket.end('fine')))))).toBe('fine');
  });

  it('end in order, whichever side ends', async () => {
    const { open } = await connect();
    expect(String(await readAll(open(await startTarget((socket) => socket.end('all of it')))))).toBe(
      'all of it',
    );
    const seen = Promise.withResolvers<string>();
    open(await startTarget((socket) => void readAll(socket).then((all) => seen.resolve(String(all))))).end(
      'ours',
    );
    expect(await seen.promise).toBe('ours');
  });

  it('end every stream when the hub dies, and find the next one', async () => {
    const stop = new AbortController();
    const first = await startGoHub(peer);
    const sessions: TunnelSession[] = [];
    const run = runTunnel(
      {
        dial: async () => {
          const session = await startOwnAgent(first.url, {}, stop);
          sessions.push(session);
          return session;
        },
        clock: systemClock,
        random: createFakeRandom(),
        log: silentLogger,
      },
      { backoff: { baseMs: 100, maxMs: 200, factor: 2, jitter: 0 } },
      stop.signal,
    );
    onTestFinished(async () => {
      stop.abort();
      await run;
    });
    await expect.poll(() => first.has('c-1')).toBe(true);
    const closing = Promise.withResolvers<undefined>();
    const target = await startTarget((socket) => {
      socket.on('end', () => closing.resolve(undefined)).resume();
      socket.write('x');
    });
    await readExactly(first.open('c-1', target), 1);
    first.process.kill('SIGKILL');
    await closing.promise; // the agent lets go of what was open
    expect(sessions[0]?.isClosed).toBe(true);
    const next = await startGoHub(peer, { listen: first.url.slice('http://'.length) });
    await expect.poll(() => next.has('c-1'), { timeout: 10_000 }).toBe(true);
    const again = next.open('c-1', await startTarget(echo));
    again.write('y');
    expect((await readExactly(again, 1)).toString()).toBe('y');
  });

  it('end what the hub had open when the agent dies', async () => {
    const { agent, hub, open } = await connect();
    const stream = open(await startTarget(echo));
    stream.write('x');
    await readExactly(stream, 1);
    await agent.close();
    expect(String(await readAll(stream))).toBe('ERR tunnel disconnect');
    await expect.poll(() => hub.has('c-1')).toBe(false);
  });

  it('read a Connect whole that is longer than what Go reads of one', async () => {
    const { agent, open } = await connect();
    const host = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.invalid`;
    expect(String(await readAll(open(`${host}:443`)))).toMatch(/^ERR dial tcp a{60}\./);
    expect(agent.isClosed).toBe(false);
  });

  it('hear each other in pings and pongs alone', async () => {
    const { agent } = await connect({ pingIntervalMs: 1000 });
    const seenMs = agent.lastSeenMs;
    await expect.poll(() => agent.lastSeenMs, { timeout: 5000 }).toBeGreaterThan(seenMs);
  });

  it('notice silence, and give up a hub that stays silent', async () => {
    const { agent, hub } = await connect({ pingIntervalMs: 1000, silentAfterMs: 2000, deadAfterMs: 4000 });
    hub.process.kill('SIGSTOP');
    await expect.poll(() => agent.isSilent, { timeout: 5000 }).toBe(true);
    await expect(agent.closed()).rejects.toMatchObject({ code: 'SILENT' });
  });
});
