import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect, createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { createSeededRandom, mutate } from '../seeded-random.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { assertHeld } from './fuzz-result.ts';
import type { FuzzResult } from './fuzz-result.ts';
import { CLUSTER_ID } from './http-rig.ts';
import type { HttpRig } from './http-rig.ts';

const SOCKETS = '/apis/proxies.clusternet.io/v1alpha1/sockets';
const PATHS = [
  `${SOCKETS}/${CLUSTER_ID}/proxy/direct/api/v1/namespaces`,
  `${SOCKETS}/${CLUSTER_ID}/proxy/direct/..%2f..%2f/%2e%2e/a//b?watch=true`,
  `${SOCKETS}/${CLUSTER_ID}/proxy/https/10.0.0.1:443/x`,
  `${SOCKETS}/${CLUSTER_ID}/proxy/http/[::1]/x`,
  `${SOCKETS}/${CLUSTER_ID}/proxy/`,
  `${SOCKETS}/${CLUSTER_ID}`,
  `${SOCKETS}/..%2f${CLUSTER_ID}/proxy/direct`,
  '/readyz',
] as const;
const METHODS = [
  'GET',
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'HEAD',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'X',
] as const;
const HEADERS = [
  'X-Remote-Extra-Clusternet-Token: token',
  'X-Remote-Extra-Clusternet-Certificate: AAAA',
  'X-Remote-Extra-Clusternet-Impersonate-User: a%0d%0ab',
  'Content-Length: 5',
  'Content-Length: 3',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity, chunked',
  'Connection: close, X-A',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Upgrade: clusternet-tunnel/2',
  'Upgrade: SPDY/3.1',
  'X-Clusternet-Tunnel: 2',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Expect: 100-continue',
  'Host: a',
  'X-A: 1',
  'X-A: é',
  'TE: trailers',
  'Proxy-Connection: keep-alive',
] as const;
const BODIES = [
  '',
  '',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n',
  'ffffffff\r\n',
] as const;

/** How long a connection may be silent before the next one is opened; a request cut short waits for its rest. */
const PATIENCE_MS = 250;
/** Ends a connection whose requests were all whole. */
const LAST = Buffer.from('GET /livez HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n');
const PER_CONNECTION = 2; // one that cannot be parsed takes the answers of those before it along
const CONNECTIONS = 64;

/**
 * Sends hostile requests to a hub whose agent and child are on loopback, several on a connection, over 64
 * connections at once.
 * @throws when the hub answers no more, or the tunnel went down over them
 */
export async function fuzzHttp(
  rig: HttpRig,
  options: {
    readonly seed: number;
    readonly requests: number;
    readonly onProgress?: (count: number) => void;
  },
): Promise<FuzzResult> {
  const random = createSeededRandom(options.seed);
  const session = rig.registry.pick(CLUSTER_ID);
  const context = createSecureContext({ ca: rig.caPem });
  let sent = 0;
  let answers = 0;
  const work = async (): Promise<void> => {
    while (sent < options.requests) {
      const count = Math.min(PER_CONNECTION, options.requests - sent);
      sent += count;
      const bytes = Buffer.concat([...Array.from({ length: count }, () => createRequest(random)), LAST]);
      const began = await exchange(rig, context, bytes);
      answers += began;
      options.onProgress?.(sent);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  assertHeld(session?.isClosed === false, 'requests do not end the tunnel');
  assertHeld((await ask(rig, '/readyz')) === 200, 'the hub answers');
  assertHeld((await ask(rig, `${SOCKETS}/${CLUSTER_ID}/proxy/direct/api`)) === 200, 'the child answers');
  return { inputs: sent, sessionsEnded: 0, served: answers };
}

function createRequest(random: SeededRandom): Uint8Array {
  const lines = [
    `${random.pick(METHODS)} ${random.pick(PATHS)} HTTP/1.${random.oneIn(20) ? 0 : 1}`,
    'Host: hub',
  ];
  for (let count = random.below(3); count > 0; count -= 1)
    if (random.oneIn(2)) lines.push(random.pick(HEADERS));
  const body = random.oneIn(2) ? '' : random.pick(BODIES);
  // Most of the time what is announced is what comes, or nothing would get through.
  if (body !== '' && !random.oneIn(4))
    lines.push(body === 'hello' ? 'Content-Length: 5' : 'Transfer-Encoding: chunked');
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
  return random.oneIn(5) ? mutate(random, bytes) : bytes;
}

/** @returns how many answers began */
function exchange(rig: HttpRig, context: SecureContext, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({
      host: '127.0.0.1',
      port: rig.port,
      secureContext: context,
      ALPNProtocols: ['http/1.1'],
    });
    let answers = 0;
    socket.once('secureConnect', () => socket.setTimeout(PATIENCE_MS, () => socket.destroy()));
    socket.on('data', (chunk: Buffer) => {
      answers += chunk.toString('latin1').split('HTTP/1.1 ').length - 1;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answers));
    socket.write(bytes);
  });
}

async function ask(rig: HttpRig, path: string): Promise<number | undefined> {
  const asked = request({ host: '127.0.0.1', port: rig.port, path, ca: rig.caPem, agent: false });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'close');
  return response.statusCode;
}
