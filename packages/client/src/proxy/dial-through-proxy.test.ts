import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createProxyDial } from './dial-through-proxy.ts';

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const startEcho = (): Promise<number> => listen(createServer((socket) => socket.pipe(socket)));

/** A proxy that knows one name, and whom it lets through. */
async function startHttpProxy(echoPort: number, login?: string) {
  const asked: string[] = [];
  const server = createHttpServer();
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(request.url ?? '');
    const want = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
    if (request.headers['proxy-authorization'] !== want) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const upstream = connect(echoPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
  });
  return { port: await listen(server), asked };
}

/** SOCKS 5 with user and password (RFC 1928, 1929), for names only. */
async function startSocksProxy(echoPort: number) {
  const asked: string[] = [];
  const server = createServer((socket) => {
    let step = 0;
    socket.on('data', (chunk) => {
      step += 1;
      if (step === 1) socket.write(Buffer.of(5, 2));
      else if (step === 2) {
        const [, userLength = 0] = chunk;
        const user = chunk.subarray(2, 2 + userLength).toString();
        const password = chunk.subarray(3 + userLength).toString();
        socket.write(Buffer.of(1, user === 'jane' && password === 'p w' ? 0 : 1));
      } else if (step === 3) {
        const name = chunk.subarray(5, 5 + (chunk[4] ?? 0)).toString();
        asked.push(`${name}:${chunk.readUInt16BE(chunk.length - 2)}`);
        const upstream = connect(echoPort, '127.0.0.1', () => {
          socket.removeAllListeners('data');
          socket.write(Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
          upstream.pipe(socket).pipe(upstream);
        });
      }
    });
  });
  return { port: await listen(server), asked };
}

async function expectEcho(socket: Socket): Promise<void> {
  socket.write('hello');
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  expect(chunk.toString()).toBe('hello');
  socket.destroy();
}

describe('createProxyDial', () => {
  it('connects with CONNECT, with a login where the proxy wants one', async () => {
    const proxy = await startHttpProxy(await startEcho(), 'jane:p w');
    await expectEcho(
      await createProxyDial(new URL(`http://jane:p%20w@127.0.0.1:${proxy.port}`))('parent.test', 6443),
    );
    expect(proxy.asked).toEqual(['parent.test:6443']);
  });

  it('names the proxy that refuses, without the password', async () => {
    const proxy = await startHttpProxy(await startEcho(), 'jane:secret');
    const dial = createProxyDial(new URL(`http://jane:hunter2@127.0.0.1:${proxy.port}`));
    const failed = dial('fd00::1', 443);
    await expect(failed).rejects.toThrow(
      `proxy http://127.0.0.1:${proxy.port}: answered 407 to CONNECT [fd00::1]:443`,
    );
    await expect(failed).rejects.not.toThrow('hunter2');
  });

  it('connects with SOCKS 5, which resolves the name', async () => {
    const proxy = await startSocksProxy(await startEcho());
    await expectEcho(
      await createProxyDial(new URL(`socks5h://jane:p%20w@127.0.0.1:${proxy.port}`))('parent.test', 6443),
    );
    expect(proxy.asked).toEqual(['parent.test:6443']);
    const refused = createProxyDial(new URL(`socks5://jane:no@127.0.0.1:${proxy.port}`))('parent.test', 1);
    await expect(refused).rejects.toThrow(`proxy socks5://127.0.0.1:${proxy.port}: `);
  });

  it('gives up when it is told to, and says who does not listen', async () => {
    const silent = await listen(createServer(() => {}));
    const stop = new AbortController();
    const dial = createProxyDial(new URL(`http://127.0.0.1:${silent}`))('a', 1, stop.signal);
    stop.abort(new Error('enough'));
    await expect(dial).rejects.toThrow('proxy http://127.0.0.1');
    await expect(createProxyDial(new URL('http://127.0.0.1:1'))('a', 1)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });
});
