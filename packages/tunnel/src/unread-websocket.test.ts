import { once } from 'node:events';
import type { Socket } from 'node:net';
import { encodeFrame } from '@clusternet/tunnel-protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { SOCKETS_PATH } from './handshake.ts';
import { startHub } from './loopback.fixture.ts';

const MIB = 1024 * 1024;

/** An agent that reads nothing, not even what the kernel has. */
async function startDeafAgent(version: 1 | 2) {
  const rig = await startHub();
  const headers = version === 2 ? { 'x-clusternet-tunnel': '2' } : {};
  const websocket = new WebSocket(`${rig.url.replace('http', 'ws')}${SOCKETS_PATH}c-1`, { headers });
  onTestFinished(() => websocket.terminate());
  websocket.on('error', () => {});
  await once(websocket, 'open');
  const session = await rig.nextSession();
  const { _socket: socket } = websocket as unknown as { _socket: Socket };
  socket.pause();
  /** Sends so many bytes, as fast as the hub takes them. */
  const flood = async (sizeBytes: number, send: () => void, eachBytes: number): Promise<void> => {
    for (let sent = 0; sent < sizeBytes; sent += eachBytes) {
      send();
      if (socket.writableLength > MIB) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    }
  };
  return { session, websocket, hubSocket: rig.sockets[0]!, flood };
}

describe('a websocket that never reads', () => {
  it.each([1, 2] as const)(
    'and pings without end makes a hub of version %i hold nothing',
    async (version) => {
      const { session, websocket, hubSocket, flood } = await startDeafAgent(version);
      await flood(24 * MIB, () => websocket.ping(Buffer.alloc(125)), 131);
      expect(hubSocket.writableLength).toBeLessThan(MIB);
      expect(session.isClosed).toBe(false);
    },
  );

  it('and sends data for streams that are not there gets no answers without end', async () => {
    const { session, websocket, hubSocket, flood } = await startDeafAgent(1);
    const stray = encodeFrame({ kind: 'data', conn: 77, payload: new Uint8Array(1) });
    await flood(4 * MIB, () => websocket.send(stray), 14);
    expect(hubSocket.writableLength).toBeLessThan(MIB);
    expect(session.isClosed).toBe(false);
  });

  it('is held back: what streams write waits for it in them, not in the socket', async () => {
    const { session, hubSocket } = await startDeafAgent(1);
    const streams = Array.from({ length: 20 }, () => session.open('tcp', '10.0.0.1:443'));
    for (const stream of streams) {
      stream.on('error', () => {});
      while (stream.write(Buffer.alloc(64 * 1024)));
    }
    expect(hubSocket.writableLength).toBeLessThan(4 * MIB);
    expect(streams.every((stream) => stream.writableNeedDrain)).toBe(true);
  });
});
