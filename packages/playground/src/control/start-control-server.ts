import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorText } from '@clusternet/runtime';
import type { Clock } from '@clusternet/runtime';
import { isPlaygroundError } from '../errors.ts';
import type { ControlRoutes } from './control-routes.ts';
import { isSignedBy, NONCE_HEADER, SIGNATURE_HEADER, signMessage } from './sign-message.ts';

export interface ControlServerDeps {
  /** What callers have to know: a port of loopback is open to every user of the machine. */
  readonly secret: string;
  readonly routes: ControlRoutes;
  readonly clock: Clock;
}

/** Takes orders for a playground. Disposing it lets orders under way be answered, for a second at most. */
export interface ControlServer extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
}

const MAX_BODY_BYTES = 64 * 1024;
const DRAIN_MS = 1000;

/**
 * Listens for the commands of a person. A port, and a secret in a file of the owner, do the same on every system;
 * sockets with a path do not: their paths are limited to about 100 bytes, and Windows has pipes in their place.
 */
export async function startControlServer(deps: ControlServerDeps): Promise<ControlServer> {
  const { secret, routes, clock } = deps;
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = incoming;
    const nonce = String(headers[NONCE_HEADER]);
    const write = (code: number, value: unknown): void => {
      const text = JSON.stringify(value ?? {});
      const signature = signMessage(secret, ['answer', nonce, String(code), text]);
      response.writeHead(code, { connection: 'close', [SIGNATURE_HEADER]: signature });
      response.end(text);
    };
    const body = await readBody(incoming).catch(() => undefined); // too large, or the caller has left
    try {
      if (
        body === undefined ||
        !isSignedBy(secret, ['ask', nonce, method, url, body], headers[SIGNATURE_HEADER])
      ) {
        response.writeHead(401, { connection: 'close' }).end(); // nothing is signed for strangers
        return;
      }
      write(200, await routes(method, url, body === '' ? undefined : (JSON.parse(body) as unknown)));
    } catch (error) {
      const code = isPlaygroundError(error) ? error.code : 'INVALID_REQUEST';
      write(422, { error: { code, message: errorText(error) } });
    }
  };
  const server = createServer({ requestTimeout: 10_000 }, (incoming, response) => {
    response.on('error', () => undefined); // the caller has left
    void answer(incoming, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      const cancel = clock.schedule(DRAIN_MS, () => server.closeAllConnections());
      await closed;
      cancel();
    },
  };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES) throw new RangeError('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
