import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCa, issueCertificate } from '@clusternet/pki';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWebhookCaller } from './call-webhook.ts';
import type { Webhook } from './parse-webhooks.ts';

describe('createWebhookCaller', () => {
  const stack = new AsyncDisposableStack();
  let caPem = '';
  let port = 0;
  let handle: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
    response.end('{}');
  beforeAll(async () => {
    const ca = await createCa({ commonName: 'authority' });
    const serving = await issueCertificate(ca, {
      commonName: 'webhook',
      usage: 'server',
      ipAddresses: ['127.0.0.1'],
    });
    const server = createServer({ cert: serving.certPem, key: serving.keyPem }, (request, response) => {
      request.resume();
      request.once('end', () => handle(request, response));
    });
    server.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    ({ caPem, port } = { caPem: ca.certPem, port: (server.address() as AddressInfo).port });
    stack.defer(
      () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
  });
  afterAll(() => stack.disposeAsync());

  const webhook = (): Webhook => ({
    id: 'test',
    name: 'a.example.com',
    rules: [],
    namespaceSelector: { nothing: false, requirements: [] },
    objectSelector: { nothing: false, requirements: [] },
    matchesEquivalent: true,
    ignoresFailure: false,
    timeoutMs: 5000,
    allowsDryRun: true,
    reviewVersion: 'v1',
    address: { kind: 'url', url: `https://127.0.0.1:${port}/` },
    caPem,
    isReinvoked: false,
  });
  const deps = { resolveService: () => Promise.reject(new Error('no services')) };

  it('reads no more of an answer than it may', async () => {
    handle = (_, response) => response.end('x'.repeat(5000));
    using caller = createWebhookCaller(deps, { maxAnswerBytes: 1000 });
    const outcome = await caller.call(webhook(), {}, undefined);
    expect(outcome).toMatchObject({
      kind: 'failure',
      reason: expect.stringContaining('the answer is longer than 1000 bytes') as string,
    });
  });

  it('takes up another connection where the kept one was closed', async () => {
    handle = (_, response) => response.end('{}');
    using caller = createWebhookCaller(deps);
    expect(await caller.call(webhook(), {}, undefined)).toEqual({ kind: 'answer', value: {} });
    let isClosed = false;
    handle = (request, response) => {
      if (isClosed) response.end('{}');
      else request.socket.destroy(); // as a server does that has given the connection up
      isClosed = true;
    };
    expect(await caller.call(webhook(), {}, undefined)).toEqual({ kind: 'answer', value: {} });
  });

  it('lets no more wait than it may', async () => {
    const arrived = new Promise<ServerResponse>((resolve) => {
      handle = (_, response) => resolve(response);
    });
    using caller = createWebhookCaller(deps, { maxCalls: 1, maxWaiting: 1 });
    const running = caller.call(webhook(), {}, undefined);
    const leaving = new AbortController();
    const waiting = caller.call(webhook(), {}, leaving.signal);
    const refused = await caller.call(webhook(), {}, undefined);
    expect(refused).toMatchObject({
      reason: expect.stringContaining('too many calls are waiting') as string,
    });
    leaving.abort();
    expect(await waiting).toMatchObject({ kind: 'failure' });
    const next = caller.call(webhook(), {}, undefined); // there is room again
    const response = await arrived;
    handle = (_, another) => void another.end('{}');
    response.end('{}');
    expect(await running).toEqual({ kind: 'answer', value: {} });
    expect(await next).toEqual({ kind: 'answer', value: {} });
  });

  it('ends with whoever waits for it', async () => {
    handle = () => undefined;
    using caller = createWebhookCaller(deps);
    const leaving = new AbortController();
    const call = caller.call(webhook(), {}, leaving.signal);
    leaving.abort();
    expect(await call).toMatchObject({ reason: expect.stringContaining('context canceled') as string });
  });
});
