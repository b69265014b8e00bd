import { createServer } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseJson } from '@clusternet/kube-data';
import { createCa, issueCertificate } from '@clusternet/pki';

/** The name of objects that only find out whether a webhook is asked already. */
export const PROBE = 'probe';
/** A controller makes it, whenever it gets round to it. */
const ROOT_CA = 'kube-root-ca.crt';

/** What a webhook is asked, as far as tests look at it. */
export interface ReviewRequest {
  readonly uid: string;
  readonly name?: string;
  readonly operation: string;
  readonly object: unknown;
  readonly oldObject: unknown;
  readonly [key: string]: unknown;
}

/** An answer: a review to send, text to send with a code, or nothing at all. */
export type WebhookAnswer =
  { readonly review: unknown } | { readonly code: number; readonly text: string } | { readonly never: true };

/** Webhooks on loopback, under a CA of their own. */
export interface WebhookServer extends AsyncDisposable {
  /** base64, as configurations want it */
  readonly caBundle: string;
  readonly port: number;
  /** Connections that were opened to it. */
  countConnections(): number;
  url(path: string): string;
  /** Says what is answered under a path. */
  on(path: string, answer: (request: ReviewRequest) => WebhookAnswer): void;
  /** What came in under a path, oldest first; without what only looked whether a configuration counts already. */
  received(path: string): readonly ReviewRequest[];
  /** Headers and path of the last request under a path. */
  lastCall(path: string): { readonly url: string; readonly headers: IncomingMessage['headers'] } | undefined;
}

/** Builds the answer to a request. */
export function answer(request: ReviewRequest, response: Readonly<Record<string, unknown>>): WebhookAnswer {
  return {
    review: {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: request.uid, ...response },
    },
  };
}

export const allow = (request: ReviewRequest): WebhookAnswer => answer(request, { allowed: true });

/** @param names - of the services through which it is called, as `name.namespace` */
export async function startWebhookServer(names: readonly string[]): Promise<WebhookServer> {
  const ca = await createCa({ commonName: 'webhook authority' });
  const serving = await issueCertificate(ca, {
    commonName: 'webhooks',
    usage: 'server',
    dnsNames: ['localhost', ...names.map((name) => `${name}.svc`)],
    ipAddresses: ['127.0.0.1'],
  });
  const answers = new Map<string, (request: ReviewRequest) => WebhookAnswer>();
  const requests = new Map<string, ReviewRequest[]>();
  const calls = new Map<string, { url: string; headers: IncomingMessage['headers'] }>();
  const server = createServer({ cert: serving.certPem, key: serving.keyPem }, (incoming, response) => {
    const url = incoming.url ?? '/';
    const path = url.split('?')[0] ?? '/';
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.once('end', () => {
      const review = parseJson(Buffer.concat(chunks).toString('utf8'));
      const { request } = review as unknown as { request: ReviewRequest }; // what kube-apiserver sends
      requests.set(path, [...(requests.get(path) ?? []), request]);
      calls.set(path, { url, headers: incoming.headers });
      const what = (answers.get(path) ?? allow)(request);
      if ('never' in what) return;
      const [code, text] = 'review' in what ? [200, JSON.stringify(what.review)] : [what.code, what.text];
      const type = code === 200 ? 'application/json' : 'text/plain';
      response.writeHead(code, { 'content-type': type }).end(text);
    });
  });
  let connections = 0;
  server.on('secureConnection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    caBundle: Buffer.from(ca.certPem).toString('base64'),
    port,
    countConnections: () => connections,
    url: (path) => `https://127.0.0.1:${port}${path}`,
    on: (path, what) => void answers.set(path, what),
    received: (path) => (requests.get(path) ?? []).filter(({ name }) => name !== PROBE && name !== ROOT_CA),
    lastCall: (path) => calls.get(path),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
