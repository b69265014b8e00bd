import { Agent, request as httpsRequest } from 'node:https';
import { parseJson } from '@clusternet/kube-data';
import type { Plane } from '../harness/plane.ts';

/** An answer of an API server: JSON read, anything else as text. */
export interface Answer {
  readonly code: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface Call {
  readonly method: string;
  /** `{ns}` and `{name}` stand for the namespace and the name of the case. */
  readonly path: string;
  /** An object goes as JSON, text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Plain HTTP to an API server, with an administrator's certificate. Nothing is retried or interpreted. */
export interface ApiCalls extends Disposable {
  send(call: Call): Promise<Answer>;
}

export function createApiCalls(plane: Plane): ApiCalls {
  const { certPem, keyPem } = plane.connection;
  const agent = new Agent({ keepAlive: true, ca: plane.caPem, cert: certPem, key: keyPem });
  const { hostname, port } = new URL(plane.server);
  return {
    send: ({ method, path, body, headers }) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
        const outgoing = httpsRequest(
          {
            agent,
            hostname,
            port,
            method,
            path,
            headers: {
              accept: 'application/json',
              ...(text === undefined
                ? {}
                : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
              ...headers,
            },
          },
          (incoming) => {
            const chunks: Buffer[] = [];
            incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
            incoming.once('error', reject);
            incoming.once('end', () => {
              const answered = Buffer.concat(chunks).toString('utf8');
              const { statusCode = 0 } = incoming;
              resolve({ code: statusCode, body: readBody(answered), headers: incoming.headers });
            });
          },
        );
        outgoing.once('error', reject);
        outgoing.end(text);
      }),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

function readBody(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
