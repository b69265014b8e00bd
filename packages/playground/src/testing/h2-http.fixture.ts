import { connect } from 'node:http2';
import type { ClientHttp2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
import { parseJson } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import type { ControlPlane } from '../control-plane/start-control-plane.ts';
import type { TestAnswer, TestHttp } from './plane-http.fixture.ts';

/** Speaks HTTP/2 to a control plane, everything over one connection. */
export type TestHttp2 = Pick<TestHttp, 'call'> &
  AsyncDisposable & { stream(path: string): Promise<Readable> };

/** Speaks as the administrator. */
export async function createTestHttp2(plane: ControlPlane): Promise<TestHttp2> {
  const { certPem, keyPem } = await plane.issueClientCertificate({
    name: 'admin',
    groups: ['system:masters'],
  });
  const session = connect(plane.url, { ca: plane.caPem, cert: certPem, key: keyPem });
  session.on('error', () => undefined); // each request says it for itself
  const open = (path: string, method: string, body: unknown): ClientHttp2Stream => {
    const stream = session.request({
      ':path': path,
      ':method': method,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    });
    stream.end(body === undefined ? undefined : JSON.stringify(body));
    return stream;
  };
  return {
    call: (path, { method = 'GET', body } = {}) =>
      new Promise<TestAnswer>((resolve, reject) => {
        const stream = open(path, method, body);
        const chunks: Buffer[] = [];
        let head: { readonly code: number; readonly headers: TestAnswer['headers'] } | undefined;
        stream.on('response', (headers) => {
          head = { code: headers[':status'] ?? 0, headers: headers };
        });
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('error', reject);
        stream.on('close', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          if (head === undefined) {
            reject(new Error('closed without an answer'));
            return;
          }
          const isJson = head.headers['content-type']?.startsWith('application/json') === true;
          resolve({ ...head, text, body: isJson ? (parseJson(text) as JsonObject) : {} });
        });
      }),
    stream: (path) =>
      new Promise((resolve, reject) => {
        const stream = open(path, 'GET', undefined);
        stream.once('error', reject);
        stream.once('response', () => {
          stream.off('error', reject);
          resolve(stream);
        });
      }),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        session.once('close', resolve);
        session.destroy();
      }),
  };
}
