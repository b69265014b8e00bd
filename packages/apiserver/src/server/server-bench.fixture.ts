import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { createCa, issueCertificate } from '@clusternet/pki';
import { silentLogger, systemClock } from '@clusternet/runtime';
import { writeJson } from './respond.ts';
import { startApiServer } from './start-api-server.ts';
import type { ApiServerOptions, RunningApiServer } from './start-api-server.ts';

/** A server for tests that are unkind to it: it lets everybody in and tells what came. */
export interface ServerBench extends AsyncDisposable {
  readonly server: RunningApiServer;
  /** Bodies that came whole, and why others did not. */
  readonly bodies: readonly string[];
  /** Opens a connection of a protocol. */
  open(protocol: 'h2' | 'http/1.1'): Promise<TLSSocket>;
  /** What a well-behaved client is answered. */
  ask(): Promise<number>;
}

/** Starts a server of short patience. */
export async function createServerBench(options: Partial<ApiServerOptions> = {}): Promise<ServerBench> {
  const ca = await createCa({ commonName: 'bench' });
  const tls = await issueCertificate(ca, {
    commonName: 'localhost',
    usage: 'server',
    ipAddresses: ['127.0.0.1'],
  });
  const bodies: string[] = [];
  const server = await startApiServer(
    {
      authenticate: () =>
        Promise.resolve({ user: { name: 'somebody', groups: [], extra: new Map() }, method: 'anonymous' }),
      authorize: () => Promise.resolve({ decision: 'allow' }),
      handle: async (request, response) => {
        if (request.path === '/big') {
          writeJson(response, 200, 'x'.repeat(32 * 1024 * 1024));
          return;
        }
        try {
          const body = await request.readBody();
          bodies.push(`whole: ${body.length}`);
          writeJson(response, 200, { headers: request.headers.size, bytes: body.length });
        } catch (error) {
          bodies.push(error instanceof Error ? error.message : String(error));
          throw error;
        }
      },
      upgrade: (_request, socket) => {
        socket.destroy();
        return Promise.resolve();
      },
      log: silentLogger,
      clock: systemClock,
    },
    { tls, ...options },
  );
  const { port } = server;
  return {
    server,
    bodies,
    async open(protocol) {
      const socket = connect({ host: '127.0.0.1', port, ca: ca.certPem, ALPNProtocols: [protocol] });
      socket.on('error', () => undefined); // being cut off is what many tests are about
      await once(socket, 'secureConnect');
      return socket;
    },
    ask: async () => {
      const asked = request({ host: '127.0.0.1', port, path: '/', ca: ca.certPem, agent: false }).end();
      const [answer] = (await once(asked, 'response')) as [{ statusCode: number; resume: () => void }];
      answer.resume();
      return answer.statusCode;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Everything a server sends until it closes the connection. */
export async function readToEnd(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return text;
}
