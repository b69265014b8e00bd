import { request } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { parseJson } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import type { ControlPlane } from '../control-plane/start-control-plane.ts';

/** Who a test speaks as. */
export interface TestCredential {
  readonly certPem?: string;
  readonly keyPem?: string;
  readonly token?: string;
}

export interface TestAnswer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: JsonObject;
}

export interface TestCall {
  readonly method?: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Speaks HTTP/1.1 to a control plane. */
export interface TestHttp {
  call(path: string, call?: TestCall): Promise<TestAnswer>;
  get(path: string): Promise<JsonObject>;
  post(path: string, body: unknown): Promise<TestAnswer>;
  /** The answer as it comes in. */
  stream(path: string): Promise<IncomingMessage>;
  upgrade(
    path: string,
    protocol: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ socket: Duplex; headers: IncomingHttpHeaders; head: Buffer }>;
}

/** Speaks as the administrator, or as somebody else. */
export async function createTestHttp(plane: ControlPlane, credential?: TestCredential): Promise<TestHttp> {
  const identity =
    credential ?? (await plane.issueClientCertificate({ name: 'admin', groups: ['system:masters'] }));
  const options = (path: string, call: TestCall) => ({
    host: plane.host,
    port: plane.port,
    path,
    method: call.method ?? 'GET',
    ca: plane.caPem,
    agent: false as const,
    ...('certPem' in identity ? { cert: identity.certPem, key: identity.keyPem } : {}),
    headers: {
      ...('token' in identity ? { authorization: `Bearer ${identity.token ?? ''}` } : {}),
      ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
      ...call.headers,
    },
  });
  const http: TestHttp = {
    call: (path, call = {}) =>
      new Promise((resolve, reject) => {
        const outgoing = request(options(path, call), (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            const isJson = incoming.headers['content-type']?.startsWith('application/json') === true;
            resolve({
              code: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text,
              body: isJson ? (parseJson(text) as JsonObject) : {},
            });
          });
        });
        outgoing.on('error', reject);
        if (call.body === undefined) {
          outgoing.end();
          return;
        }
        const text = typeof call.body === 'string' ? call.body : JSON.stringify(call.body);
        outgoing.setHeader('content-length', Buffer.byteLength(text)); // Node frames no body of a DELETE by itself
        outgoing.end(text);
      }),
    get: async (path) => (await http.call(path)).body,
    stream: (path) =>
      new Promise((resolve, reject) => {
        const outgoing = request(options(path, {}), (incoming) => {
          incoming.on('error', () => undefined); // the reader leaves first
          resolve(incoming);
        });
        outgoing.on('error', reject);
        outgoing.end();
      }),
    post: (path, body) => http.call(path, { method: 'POST', body }),
    upgrade: (path, protocol, headers = {}) =>
      new Promise((resolve, reject) => {
        const outgoing = request(
          options(path, { headers: { connection: 'Upgrade', upgrade: protocol, ...headers } }),
        );
        outgoing.on('upgrade', (incoming, socket, head) =>
          resolve({ socket, headers: incoming.headers, head }),
        );
        outgoing.on('response', (incoming) => {
          incoming.resume();
          reject(new Error(`refused with ${incoming.statusCode ?? 0}`));
        });
        outgoing.on('error', reject);
        outgoing.end();
      }),
  };
  return http;
}

/** Asks again until `check` gives something; a test that waits in vain runs into its time limit. */
export async function eventually<T>(check: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await check();
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
