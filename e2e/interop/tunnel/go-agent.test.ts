import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TunnelByteStream, TunnelSession } from '@clusternet/tunnel';
import { describe, expect, it } from 'vitest';
import { goPeers, startGoAgent } from './go-peers.fixture.ts';
import {
  MIB,
  echo,
  hasStopped,
  patternOf,
  readAll,
  readExactly,
  startOwnHub,
  startTarget,
  writeMany,
} from './own-peers.fixture.ts';

/** How a stream ended before its time. */
async function endOf(stream: TunnelByteStream): Promise<Error> {
  stream.resume();
  const [error] = (await once(stream, 'error')) as [Error];
  return error;
}

describe.each(goPeers)('a hub of ours and an agent on $version', (peer) => {
  const connect = async (): Promise<TunnelSession> => {
    const hub = await startOwnHub();
    startGoAgent(peer, hub.url);
    return hub.nextSession();
  };

  it('speak version 1 with each other', async () => {
    expect(await connect()).toMatchObject({ version: 1, leg: 'websocket' });
  });

  it.each([1, 4095, 4096, 4097, 32_768, 100_000])('carry %i bytes both ways', async (sizeBytes) => {
    const stream = (await connect()).open('tcp', await startTarget(echo));
    const sent = patternOf(sizeBytes, sizeBytes);
    stream.write(sent);
    expect((await readExactly(stream, sizeBytes)).equals(sent)).toBe(true);
    stream.destroy();
  });

  it('carry 200 streams at once, each with its own bytes', async () => {
    const target = await startTarget(echo);
    const hub = await connect();
    const results = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const stream = hub.open('tcp', target);
        const sent = patternOf(index, 20_000 + index);
        stream.write(sent);
        const isSame = (await readExactly(stream, sent.length)).equals(sent);
        stream.destroy();
        return isSame;
      }),
    );
    expect(results.every(Boolean)).toBe(true);
    await expect.poll(() => hub.streams).toBe(0);
  });

  it('carry a large body beside a stream that is half read, and then the rest of that', async () => {
    const body = patternOf(1, 40 * MIB);
    const target = await startTarget((socket) => socket.end(body));
    const hub = await connect();
    const slow = hub.open('tcp', target);
    slow.read(0);
    await expect.poll(() => hub.bufferedBytes).toBeGreaterThan(500_000);
    expect((await readAll(hub.open('tcp', target))).equals(body)).toBe(true);
    expect(hub.bufferedBytes).toBeLessThan(32 * MIB); // it was told to pause, and paused
    expect((await readAll(slow)).equals(body)).toBe(true);
    await expect.poll(() => hub.streams).toBe(0);
  });

  it('carry an upload through many pauses', async () => {
    let got = 0;
    const target = await startTarget((socket) => socket.on('data', (chunk) => (got += chunk.length)));
    const stream = (await connect()).open('tcp', target);
    await writeMany(stream, 64 * MIB);
    await expect.poll(() => got, { timeout: 20_000 }).toBe(64 * MIB);
    stream.destroy();
  });

  it('hold an upload back while the target does not read, and let it go on when it does', async () => {
    const accepted = Promise.withResolvers<Socket>();
    let got = 0;
    const address = await startTarget((socket) => accepted.resolve(socket.pause()));
    const hub = await connect();
    const stream = hub.open('tcp', address);
    let isWritten = false;
    const written = writeMany(stream, 48 * MIB).then(() => (isWritten = true));
    const target = await accepted.promise;
    await expect
      .poll(
        hasStopped(() => hub.sentBytes),
        { interval: 200, timeout: 10_000 },
      )
      .toBe(true);
    expect(isWritten).toBe(false);
    target.on('data', (chunk) => (got += chunk.length)).resume();
    await written;
    await expect.poll(() => got, { timeout: 20_000 }).toBe(48 * MIB);
    stream.destroy();
  });

  it('do not hang when both directions are full, as two Go peers would', async () => {
    const stream = (await connect()).open('tcp', await startTarget(echo));
    await Promise.all([writeMany(stream, 48 * MIB), readExactly(stream, 48 * MIB)]);
    stream.destroy();
  });

  it('say why a target cannot be reached', async () => {
    const hub = await connect();
    expect(await endOf(hub.open('tcp', '127.0.0.1:1'))).toMatchObject({
      code: 'DIAL_FAILED',
      message: expect.stringContaining('connection refused'),
    });
    expect(hub.isClosed).toBe(false);
  });

  it('say that a host is unknown', async () => {
    const hub = await connect();
    const error = await endOf(hub.open('tcp', 'nowhere.invalid:443'));
    expect(error).toMatchObject({ code: 'DIAL_FAILED', message: expect.stringContaining('nowhere.invalid') });
  });

  it('tell a reset of the target in the middle of a body, and nobody else', async () => {
    const target = await startTarget((socket) => {
      socket.write('half');
      socket.once('data', () => socket.resetAndDestroy());
    });
    const hub = await connect();
    const other = hub.open('tcp', await startTarget(echo));
    const stream = hub.open('tcp', target);
    expect((await readExactly(stream, 4)).toString()).toBe('half');
    stream.write('go');
    expect(await endOf(stream)).toMatchObject({ code: 'STREAM_RESET' });
    other.write('still here');
    expect((await readExactly(other, 10)).toString()).toBe('still here');
    other.destroy();
  });

  it('survive the doubled and late Errors of 100 streams that end at once from both sides', async () => {
    const target = await startTarget((socket) => socket.once('data', () => socket.end('bye')));
    const hub = await connect();
    for (let index = 0; index < 100; index += 1) {
      const stream = hub.open('tcp', target);
      stream.on('error', () => {});
      stream.write('x');
      if (index % 2 === 0) stream.end();
      else setImmediate(() => stream.destroy());
      stream.resume();
    }
    await expect.poll(() => hub.streams).toBe(0);
    expect(
      (await readAll(hub.open('tcp', await startTarget((socket) => socket.end('fine'))))).toString(),
    ).toBe('fine');
  });

  it('end in order, whichever side ends', async () => {
    const hub = await connect();
    const byTarget = hub.open('tcp', await startTarget((socket) => socket.end('all of it')));
    expect((await readAll(byTarget)).toString()).toBe('all of it');
    const seen = Promise.withResolvers<string>();
    const target = await startTarget(
      (socket) => void readAll(socket).then((all) => seen.resolve(String(all))),
    );
    hub.open('tcp', target).end('all of ours');
    expect(await seen.promise).toBe('all of ours');
  });

  it('end every stream when the agent dies, and go on with the next one', async () => {
    const hub = await startOwnHub();
    const agent = startGoAgent(peer, hub.url);
    const first = await hub.nextSession();
    const target = await startTarget(echo);
    const open = first.open('tcp', target);
    open.write('x');
    await readExactly(open, 1);
    const ended = endOf(open);
    agent.kill('SIGKILL');
    expect(await ended).toMatchObject({ code: 'LOST' });
    await expect(first.closed()).rejects.toMatchObject({ code: 'LOST' });
    startGoAgent(peer, hub.url);
    const stream = (await hub.nextSession()).open('tcp', target);
    stream.write('y');
    expect((await readExactly(stream, 1)).toString()).toBe('y');
    stream.destroy();
  });

  it('find each other again when the hub dies', async () => {
    const first = await startOwnHub();
    startGoAgent(peer, first.url, { PEER_RECONNECT: '1' });
    const closing = Promise.withResolvers<undefined>();
    const target = await startTarget((socket) => {
      socket.on('end', () => closing.resolve(undefined)).resume();
      socket.write('x');
    });
    const stream = (await first.nextSession()).open('tcp', target);
    stream.on('error', () => {});
    await readExactly(stream, 1);
    await first.stop();
    await closing.promise; // the agent lets go of what was open
    const next = await startOwnHub({}, first.port);
    const again = (await next.nextSession()).open('tcp', await startTarget(echo));
    again.write('y');
    expect((await readExactly(again, 1)).toString()).toBe('y');
    again.destroy();
  });

  it('carry messages that the agent sends in fragments', async () => {
    const hub = await startOwnHub();
    startGoAgent(peer, hub.url);
    const body = patternOf(3, 200_000);
    const stream = (await hub.nextSession()).open('tcp', await startTarget((socket) => socket.end(body)));
    expect((await readAll(stream)).equals(body)).toBe(true);
    // FIN 0, binary, masked, 4096 bytes: the first of a run of frames.
    expect(Buffer.concat(hub.received).includes(Buffer.from([0x02, 0xfe, 0x10, 0x00]))).toBe(true);
  });

  it('keep to the 100 bytes of Connect: the longest address arrives whole, a longer one is refused here', async () => {
    const hub = await connect();
    const host = `${'a'.repeat(60)}.${'b'.repeat(23)}.invalid`;
    expect(`tcp/${host}:443`).toHaveLength(100);
    expect((await endOf(hub.open('tcp', `${host}:443`))).message).toContain(`.${'b'.repeat(23)}.invalid`);
    expect(() => hub.open('tcp', `x${host}:443`)).toThrow(
      expect.objectContaining({ code: 'INVALID_ADDRESS' }),
    );
  });

  it('notice silence, and end what is open when it lasts', async () => {
    const hub = await startOwnHub({ pingIntervalMs: 1000, silentAfterMs: 2000, deadAfterMs: 4000 });
    const agent = startGoAgent(peer, hub.url);
    const session = await hub.nextSession();
    const stream = session.open('tcp', await startTarget(echo));
    const ended = endOf(stream);
    agent.kill('SIGSTOP');
    await expect.poll(() => session.isSilent, { timeout: 5000 }).toBe(true);
    expect(await ended).toMatchObject({ code: 'LOST' });
    await expect(session.closed()).rejects.toMatchObject({ code: 'SILENT' });
  });
});
