import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { on } from '../harness/journey.ts';
import type { Answer } from './api-calls.ts';
import { CONFIG_MAPS, configMap, rule, startWebhookBench } from './webhook-bench.ts';
import type { WebhookBench } from './webhook-bench.ts';
import { allow, answer } from './webhook-server.ts';
import type { WebhookAnswer, ReviewRequest } from './webhook-server.ts';

const has = (text: string): unknown => expect.stringContaining(text);

/** Webhooks that may refuse: when they are asked, what they are told, and what becomes of their answers. */
describe(`validating webhooks on ${on} control planes`, () => {
  let bench: WebhookBench;
  beforeAll(async () => {
    bench = await startWebhookBench('webhooks');
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const create = (name: string, metadata = {}, query = '', more = {}): Promise<Answer> =>
    bench.calls.send({
      method: 'POST',
      path: `${CONFIG_MAPS}${query}`,
      body: configMap(name, metadata, more),
    });

  describe('answers', () => {
    const denied = 'admission webhook "NAME" denied the request';
    it.each<{
      why: string;
      path: string;
      response: (request: ReviewRequest) => WebhookAnswer;
      want: object;
    }>([
      {
        why: 'lets pass what is allowed',
        path: '/allows',
        response: (request) => answer(request, { allowed: true, auditAnnotations: { key: 'value' } }),
        want: { code: 201 },
      },
      {
        why: 'refuses without explanation',
        path: '/mute',
        response: (request) => answer(request, { allowed: false }),
        want: { code: 400, body: { status: 'Failure', message: `${denied} without explanation`, code: 400 } },
      },
      {
        why: 'passes code, reason, message and details of a refusal on',
        path: '/explains',
        response: (request) =>
          answer(request, {
            allowed: false,
            status: {
              code: 409,
              reason: 'Conflict',
              message: 'not now',
              details: { name: 'x', causes: [{ reason: 'Because', message: 'why', field: 'data.a' }] },
            },
          }),
        want: {
          code: 409,
          body: {
            reason: 'Conflict',
            message: `${denied}: not now`,
            details: { name: 'x', causes: [{ reason: 'Because', message: 'why', field: 'data.a' }] },
          },
        },
      },
      {
        why: 'takes the reason where there is no message',
        path: '/reasons',
        response: (request) => answer(request, { allowed: false, status: { reason: 'Busy', code: 503 } }),
        want: { code: 503, body: { reason: 'Busy', message: `${denied}: Busy` } },
      },
      {
        why: 'makes no refusal of a code that is none',
        path: '/odd',
        response: (request) => answer(request, { allowed: false, status: { code: 200, status: 'Success' } }),
        want: { code: 400, body: { status: 'Failure', code: 400 } },
      },
      {
        why: 'sends warnings along',
        path: '/warns',
        response: (request) =>
          answer(request, { allowed: true, warnings: ['take care', 'take "more" care'] }),
        want: {
          code: 201,
          headers: { warning: String.raw`299 - "take care", 299 - "take \"more\" care"` },
        },
      },
      {
        why: 'warns even where it refuses',
        path: '/warns-and-refuses',
        response: (request) => answer(request, { allowed: false, warnings: ['told you'] }),
        want: { code: 400, headers: { warning: '299 - "told you"' } },
      },
    ])('$why', async ({ path, response, want }) => {
      bench.server.on(path, response);
      await using _ = await bench.install('Validating', `answers${path.replace('/', '-')}`, [
        bench.webhook(path),
      ]);
      const name = `${path.slice(1)}.example.com`;
      const filled = JSON.parse(JSON.stringify(want).replaceAll('NAME', name)) as object;
      expect(await create(`answer${path.replace('/', '-')}`)).toMatchObject(filled);
    });

    it('asks all of them, and one refusal is enough', async () => {
      bench.server.on('/no', (request) => answer(request, { allowed: false, status: { message: 'no' } }));
      await using _ = await bench.install('Validating', 'several', [
        bench.webhook('/one'),
        bench.webhook('/no'),
        bench.webhook('/two'),
      ]);
      expect(await create('several')).toMatchObject({
        code: 400,
        body: { message: has('"no.example.com"') },
      });
      for (const path of ['/one', '/two'])
        expect(bench.server.received(path).map(({ name }) => name)).toContain('several');
    });
  });

  describe('failures', () => {
    const failing = 'Internal error occurred: failed calling webhook "NAME": ';
    it.each<{ why: string; path: string; response: (request: ReviewRequest) => WebhookAnswer; want: string }>(
      [
        {
          why: 'an answer to something else',
          path: '/other',
          response: () => ({
            review: {
              apiVersion: 'admission.k8s.io/v1',
              kind: 'AdmissionReview',
              response: { uid: 'other', allowed: true },
            },
          }),
          want: 'received invalid webhook response: expected response.uid=',
        },
        {
          why: 'no answer in the review',
          path: '/absent',
          response: () => ({ review: { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' } }),
          want: 'received invalid webhook response: webhook response was absent',
        },
        {
          why: 'a patch from one that may not change anything',
          path: '/patches',
          response: (request) => answer(request, { allowed: true, patchType: 'JSONPatch', patch: 'W10=' }),
          want: 'received invalid webhook response: validating webhook may not return response.patch',
        },
        {
          why: 'an error of the server',
          path: '/broken',
          response: () => ({ code: 500, text: 'it broke' }),
          want: 'failed to call webhook: an error on the server ("it broke") has prevented the request from succeeding',
        },
        {
          why: 'a path that is not there',
          path: '/missing',
          response: () => ({ code: 404, text: '' }),
          want: 'failed to call webhook: the server could not find the requested resource',
        },
        {
          why: 'text that is not JSON',
          path: '/text',
          response: () => ({ code: 200, text: 'hello' }),
          want: "failed to call webhook: couldn't get version/kind; json parse error: ",
        },
      ],
    )('refuses, or lets pass if told so: $why', async ({ path, response, want }) => {
      bench.server.on(path, response);
      const name = `${path.slice(1)}.example.com`;
      {
        await using _ = await bench.install('Validating', `fail${path.replace('/', '-')}`, [
          bench.webhook(path),
        ]);
        expect(await create(`fail${path.replace('/', '-')}`)).toMatchObject({
          code: 500,
          body: { reason: 'InternalError', message: has(failing.replace('NAME', name) + want) },
        });
      }
      const lenient = bench.webhook(path, { failurePolicy: 'Ignore' });
      await using _ = await bench.install('Validating', `pass${path.replace('/', '-')}`, [lenient]);
      expect(await create(`pass${path.replace('/', '-')}`)).toMatchObject({ code: 201 });
    });

    it('waits no longer than told', async () => {
      bench.server.on('/hangs', () => ({ never: true }));
      await using _ = await bench.install('Validating', 'hangs', [
        bench.webhook('/hangs', { timeoutSeconds: 1 }),
      ]);
      const since = Date.now();
      expect(await create('hangs')).toMatchObject({
        code: 500,
        body: {
          message: has(
            `failed calling webhook "hangs.example.com": failed to call webhook: Post "${bench.server.url('/hangs')}?timeout=1s": context deadline exceeded`,
          ),
        },
      });
      expect(Date.now() - since).toBeLessThan(8000);
    });

    it('trusts the bundle and nothing else', async () => {
      const clientConfig = {
        url: bench.server.url('/untrusted'),
        caBundle: Buffer.from(bench.plane.caPem).toString('base64'),
      };
      await using _ = await bench.install('Validating', 'untrusted', [
        bench.webhook('/untrusted', { clientConfig }),
      ]);
      expect(await create('untrusted')).toMatchObject({
        code: 500,
        body: {
          message: has('tls: failed to verify certificate: x509: certificate signed by unknown authority'),
        },
      });
      expect(bench.server.received('/untrusted')).toEqual([]);
    });

    it('says that nobody listens', async () => {
      const clientConfig = { url: 'https://127.0.0.1:1/closed', caBundle: bench.server.caBundle };
      await using _ = await bench.install('Validating', 'closed', [
        bench.webhook('/closed', { clientConfig }),
      ]);
      expect(await create('closed')).toMatchObject({
        code: 500,
        body: {
          message: has(
            'failed to call webhook: Post "https://127.0.0.1:1/closed?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused',
          ),
        },
      });
    });

    it('cannot read every bundle', async () => {
      const clientConfig = {
        url: bench.server.url('/bundle'),
        caBundle: Buffer.from('no').toString('base64'),
      };
      await using _ = await bench.install('Validating', 'bundle', [
        bench.webhook('/bundle', { clientConfig }),
      ]);
      expect(await create('bundle')).toMatchObject({
        code: 500,
        body: { message: has('unable to load root certificates: unable to parse bytes as PEM block') },
      });
    });
  });

  describe('ways', () => {
    it('goes to a service, and wants a certificate of its name', async () => {
      const path = '/api/v1/namespaces/hooked/services';
      const service = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'webhooks' },
        spec: { type: 'ExternalName', externalName: 'localhost' },
      };
      expect(await bench.calls.send({ method: 'POST', path, body: service })).toMatchObject({ code: 201 });
      const clientConfig = {
        service: { namespace: 'hooked', name: 'webhooks', path: '/by-service', port: bench.server.port },
        caBundle: bench.server.caBundle,
      };
      await using _ = await bench.install('Validating', 'by-service', [
        bench.webhook('/by-service', { clientConfig, timeoutSeconds: 7 }),
      ]);
      expect(await create('by-service')).toMatchObject({ code: 201 });
      expect(bench.server.lastCall('/by-service')).toMatchObject({
        url: '/by-service?timeout=7s',
        headers: { 'content-type': 'application/json' },
      });
    });

    it('says which service is not there', async () => {
      const clientConfig = {
        service: { namespace: 'hooked', name: 'none', path: '/x' },
        caBundle: bench.server.caBundle,
      };
      await using _ = await bench.install('Validating', 'no-service', [
        bench.webhook('/no-service', { clientConfig }),
      ]);
      expect(await create('no-service')).toMatchObject({
        code: 500,
        body: { message: has('Post "https://none.hooked.svc:443/x?timeout=10s": service "none" not found') },
      });
    });

    it('speaks the older form to those who ask for it', async () => {
      bench.server.on('/older', () => ({
        review: {
          apiVersion: 'admission.k8s.io/v1beta1',
          kind: 'AdmissionReview',
          response: { allowed: false, status: { message: 'old' } },
        },
      }));
      await using _ = await bench.install('Validating', 'older', [
        bench.webhook('/older', { admissionReviewVersions: ['v9', 'v1beta1'] }),
      ]);
      expect(await create('older')).toMatchObject({ code: 400, body: { message: has(': old') } });
    });
  });

  it('keeps connections', async () => {
    await using _ = await bench.install('Validating', 'kept', [bench.webhook('/kept')]);
    await create('kept-0');
    const before = bench.server.countConnections();
    for (let index = 1; index < 5; index += 1) await create(`kept-${index}`);
    expect(bench.server.received('/kept')).toHaveLength(5);
    expect(bench.server.countConnections()).toBe(before);
  });

  it('asks nobody about configurations of webhooks', async () => {
    bench.server.on('/all', (request) => answer(request, { allowed: request.operation === 'CONNECT' }));
    const all = {
      operations: ['*'],
      apiGroups: ['admissionregistration.k8s.io'],
      apiVersions: ['*'],
      resources: ['*/*'],
    };
    await using _ = await bench.install('Validating', 'all', [bench.webhook('/all', { rules: [all] })]);
    const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/all';
    const headers = { 'content-type': 'application/merge-patch+json' };
    const body = { metadata: { labels: { a: 'b' } } };
    expect(await bench.calls.send({ method: 'PATCH', path, body, headers })).toMatchObject({ code: 200 });
    expect(bench.server.received('/all')).toEqual([]);
  });

  it('asks nobody about what is invalid', async () => {
    await using _ = await bench.install('Validating', 'invalid', [bench.webhook('/invalid')]);
    expect(await create('Not_A_Name')).toMatchObject({ code: 422 });
    await eventually('a later object', async () => (await create('valid')).code === 201);
    expect(bench.server.received('/invalid').map(({ name }) => name)).toEqual(['valid']);
  });

  it('names what was generated', async () => {
    bench.server.on('/named', allow);
    await using _ = await bench.install('Validating', 'named', [bench.webhook('/named')]);
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } };
    const { body: made } = await bench.calls.send({ method: 'POST', path: CONFIG_MAPS, body });
    expect(made).toMatchObject({ metadata: { name: bench.server.received('/named')[0]?.name } });
  });

  it('asks about reviews too', async () => {
    const reviews = rule(['selfsubjectreviews'], { apiGroups: ['authentication.k8s.io'] });
    await using _ = await bench.install('Validating', 'reviews', [
      bench.webhook('/reviews', { rules: [reviews] }),
    ]);
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    expect(await bench.calls.send({ method: 'POST', path, body })).toMatchObject({ code: 201 });
    expect(bench.server.received('/reviews')).toMatchObject([{ kind: { kind: 'SelfSubjectReview' } }]);
  });
});
