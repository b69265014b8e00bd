import { createServer as createPlainServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { FakeAnswer } from '../fakes/fake-answer.ts';
import type { FakeApi } from '../fakes/fake-api.ts';
import type { HttpMethod } from '../transport.ts';
import { testCertPem, testKeyPem } from './certificates.fixture.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on loopback that counts what matters. */
export interface LoopbackServer extends AsyncDisposable {
  readonly url: string;
  /** TCP connections accepted so far. */
  readonly connections: number;
  /** Connections open now. */
  readonly sockets: ReadonlySet<Socket>;
}

export type LoopbackKind = 'http' | 'http2' | 'https';

/** Starts a server on a free port. */
export async function startServer(kind: LoopbackKind, handler: Handler): Promise<LoopbackServer> {
  const tls = { cert: testCertPem, key: testKeyPem };
  const server =
    kind === 'http'
      ? createPlainServer(handler)
      : kind === 'https'
        ? createTlsServer(tls, handler)
        : createSecureServer({ ...tls, allowHTTP1: true }, handler as never); // both kinds of request fit
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${kind === 'http' ? 'http' : 'https'}://127.0.0.1:${port}`,
    sockets,
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Serves a fake API over the network. */
export function serveApi(api: FakeApi, kind: LoopbackKind = 'http'): Promise<LoopbackServer> {
  return startServer(kind, (request, response) => {
    void answer(api, request, response).catch(() => {
      response.destroy();
    });
  });
}

async function answer(api: FakeApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const url = new URL(request.url ?? '/', 'http://loopback');
  const controller = new AbortController();
  response.on('close', () => {
    controller.abort();
  });
  const { status, headers, body } = await api.handle(
    {
      method: request.method as HttpMethod,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString('utf8'),
    },
    controller.signal,
  );
  response.writeHead(status, headers);
  await send(response, body);
}

async function send(response: ServerResponse, body: FakeAnswer['body']): Promise<void> {
  if (typeof body === 'string') {
    response.end(body);
    return;
  }
  response.flushHeaders();
  for await (const chunk of body) response.write(chunk);
  response.end();
}
