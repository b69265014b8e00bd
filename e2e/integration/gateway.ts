import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { ControlPlane } from '@clusternet/playground';

export interface SeenRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly isWatch: boolean;
}

/** Changes the body of an answer. */
export type Edit = (body: string) => string;

/**
 * A plain HTTP door to a control plane that writes down who came, and may change answers. What else can go wrong is
 * the business of `plane.faults`, where requests from here have the user `gateway`.
 */
export interface Gateway extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Since the last `clear`. */
  readonly seen: readonly SeenRequest[];
  clear(): void;
  intercept(decide: ((request: SeenRequest) => Edit | undefined) | undefined): void;
}

/** Opens a door to a plane; whoever comes through is its administrator. */
export async function startGateway(plane: ControlPlane): Promise<Gateway> {
  const identity = await plane.issueClientCertificate({ name: 'gateway', groups: ['system:masters'] });
  const agent = new Agent({ ca: plane.caPem, cert: identity.certPem, key: identity.keyPem, keepAlive: true });
  let seen: SeenRequest[] = [];
  let decide: ((request: SeenRequest) => Edit | undefined) | undefined;

  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', plane.url);
    const isWatch = url.searchParams.get('watch') === 'true' || url.searchParams.get('watch') === '1';
    const entry = { method: request.method ?? '', path: url.pathname, isWatch };
    seen.push(entry);
    const edit = decide?.(entry);
    const { authorization: _token, host: _host, ...headers } = request.headers;
    if (edit !== undefined) delete headers['accept-encoding'];
    const upstream = httpsRequest(url, { agent, method: entry.method, headers });
    response.on('close', () => upstream.destroy());
    const body = await buffer(request);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      upstream.once('response', resolve);
      upstream.once('error', reject);
      upstream.end(body);
    });
    if (edit !== undefined) {
      const { 'content-length': _length, ...kept } = answer.headers;
      response.writeHead(answer.statusCode ?? 500, kept);
      response.end(edit((await buffer(answer)).toString('utf8')));
      return;
    }
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  };
  const server = createServer((request, response) => {
    forward(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get seen() {
      return seen;
    },
    clear: () => {
      seen = [];
    },
    intercept: (next) => {
      decide = next;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
    },
  };
}
