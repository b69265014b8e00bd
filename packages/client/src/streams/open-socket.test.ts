import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readAll } from '../testing/read-all.fixture.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { bearerHeaders } from '../connection-config.ts';
import { ApiError } from '../errors.ts';
import { openSocket } from './open-socket.ts';

/** A server of websockets that refuses what is asked for below /no. */
async function start(onSocket: (socket: WebSocket, request: IncomingMessage) => void = () => undefined) {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.startsWith('/base/no') === true)
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno');
    else sockets.handleUpgrade(request, socket, head, (opened) => onSocket(opened, request));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const client of sockets.clients) client.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const connection = { server: `http://127.0.0.1:${port}/base/`, getHeaders: bearerHeaders('of-me') };
  const explain = (status: number, text: string) => new ApiError('FORBIDDEN', `${status} ${text}`);
  return {
    open: (path: string, signal?: AbortSignal) =>
      openSocket({ connection, path, protocols: ['b', 'a'], what: 'try it', hop: 'there', explain }, signal),
  };
}

describe('openSocket', () => {
  it('shows who it is, takes a protocol, and carries messages both ways', async () => {
    const asked: IncomingMessage[] = [];
    const { open } = await start((socket, request) => {
      asked.push(request);
      socket.on('message', (data) => {
        socket.send(data);
        socket.close();
      });
    });
    const socket = await open('/yes?x=1');
    await socket.send(Uint8Array.of(1, 2, 3));
    expect(await readAll(socket.messages)).toEqual([Uint8Array.of(1, 2, 3)]);
    expect(socket.protocol).toBe('b');
    expect(asked[0]?.url).toBe('/base/yes?x=1');
    expect(asked[0]?.headers.authorization).toBe('Bearer of-me');
  });

  it('tells what the server said instead', async () => {
    const { open } = await start();
    await expect(open('/no')).rejects.toThrow('403 no');
  });

  it('makes a fast sender wait for a slow reader', async () => {
    let buffered = () => 0;
    const { open } = await start((socket) => {
      buffered = () => socket.bufferedAmount;
      for (let count = 0; count < 256; count += 1) socket.send(Buffer.alloc(256 * 1024));
      socket.close();
    });
    const socket = await open('/yes');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(buffered()).toBeGreaterThan(32 * 1024 * 1024);
    let sizeBytes = 0;
    for await (const { length } of socket.messages) sizeBytes += length;
    expect(sizeBytes).toBe(64 * 1024 * 1024);
  });

  it('ends with its signal, before and after it is open', async () => {
    const { open } = await start();
    await expect(open('/yes', AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    const controller = new AbortController();
    const socket = await open('/yes', controller.signal);
    controller.abort(new Error('enough'));
    await expect(readAll(socket.messages)).rejects.toThrow('enough');
  });

  it('names the server that is not there', async () => {
    const target = { path: '/', protocols: ['a'], what: 'try it', hop: 'there', explain: () => new Error() };
    const opening = openSocket({ ...target, connection: { server: 'http://127.0.0.1:1' } });
    await expect(opening).rejects.toMatchObject({
      code: 'UNREACHABLE',
      hop: 'there',
      message: 'try it: there cannot be reached (ECONNREFUSED)',
    });
  });
});
