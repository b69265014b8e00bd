import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { on } from '../harness/journey.ts';
import type { Answer } from './api-calls.ts';
import { CONFIG_MAPS, configMap, rule, startWebhookBench } from './webhook-bench.ts';
import type { WebhookBench } from './webhook-bench.ts';
import { answer } from './webhook-server.ts';
import type { ReviewRequest, WebhookAnswer } from './webhook-server.ts';

type Json = Readonly<Record<string, unknown>>;

const has = (text: string): unknown => expect.stringContaining(text);
const patchOf = (operations: unknown): Json => ({
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});
/** Answers with a patch. */
const patching =
  (operations: unknown) =>
  (request: ReviewRequest): WebhookAnswer =>
    answer(request, { allowed: true, ...patchOf(operations) });
/** Adds its name to `data.seen`, so that the order shows. */
const signing =
  (name: string) =>
  (request: ReviewRequest): WebhookAnswer => {
    const { data = {} } = request.object as { data?: Readonly<Record<string, string>> };
    const value = { ...data, seen: `${data['seen'] ?? ''}${name}` };
    return patching([{ op: 'add', path: '/data', value }])(request);
  };

/** Webhooks that change what is written. */
describe(`mutating webhooks on ${on} control planes`, () => {
  let bench: WebhookBench;
  beforeAll(async () => {
    bench = await startWebhookBench('mutating-webhooks');
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const create = (name: string, more: Json = {}, query = ''): Promise<Answer> =>
    bench.calls.send({ method: 'POST', path: `${CONFIG_MAPS}${query}`, body: configMap(name, {}, more) });
  const install = (name: string, webhooks: readonly Json[]): Promise<AsyncDisposable> =>
    bench.install('Mutating', name, webhooks);

  it('change what is made, and what they add belongs to nobody', async () => {
    bench.server.on('/adds', patching([{ op: 'add', path: '/data/b', value: '2' }]));
    await using _ = await install('adds', [bench.webhook('/adds')]);
    const made = await create('adds', { data: { a: '1' } });
    expect(made).toMatchObject({ code: 201, body: { data: { a: '1', b: '2' } } });
    const { metadata } = made.body as { metadata: { managedFields: { fieldsV1: unknown }[] } };
    expect(metadata.managedFields.map(({ fieldsV1 }) => fieldsV1)).toEqual([
      { 'f:data': { '.': {}, 'f:a': {} } },
    ]);
  });

  it('go one after the other, by the name of the configuration', async () => {
    for (const name of ['1', '2', '3']) bench.server.on(`/sign${name}`, signing(name));
    await using _b = await install('order-b', [bench.webhook('/sign2'), bench.webhook('/sign3')]);
    await using _a = await install('order-a', [bench.webhook('/sign1')]);
    expect(await create('ordered')).toMatchObject({ code: 201, body: { data: { seen: '123' } } });
  });

  it('are asked again when others have changed something after them', async () => {
    for (const name of ['4', '5']) bench.server.on(`/sign${name}`, signing(name));
    const again = { reinvocationPolicy: 'IfNeeded' };
    await using _ = await install('again', [bench.webhook('/sign4', again), bench.webhook('/sign5', again)]);
    expect(await create('again')).toMatchObject({ code: 201, body: { data: { seen: '4545' } } });
  });

  it('are not asked again when nothing has changed', async () => {
    bench.server.on('/idle', (request) => answer(request, { allowed: true }));
    const again = { reinvocationPolicy: 'IfNeeded' };
    await using _ = await install('idle', [bench.webhook('/idle', again)]);
    expect(await create('idle')).toMatchObject({ code: 201 });
    expect(bench.server.received('/idle')).toHaveLength(1);
  });

  it('come before validation, and before those who only look', async () => {
    bench.server.on('/spoils', patching([{ op: 'add', path: '/data', value: { 'a b': '1' } }]));
    bench.server.on('/looks', (request) => answer(request, { allowed: true }));
    await using _look = await bench.install('Validating', 'looks', [bench.webhook('/looks')]);
    await using _ = await install('spoils', [bench.webhook('/spoils')]);
    expect(await create('spoilt')).toMatchObject({
      code: 422,
      body: { reason: 'Invalid', message: has('data[a b]') },
    });
    expect(bench.server.received('/looks')).toEqual([]);
  });

  it('do not see the name that will be generated', async () => {
    await using _ = await install('unnamed', [bench.webhook('/unnamed')]);
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } };
    await bench.calls.send({ method: 'POST', path: CONFIG_MAPS, body });
    const [told] = bench.server.received('/unnamed');
    expect(told?.name).toBeUndefined();
    expect(told?.object).toMatchObject({ metadata: { generateName: 'made-', namespace: 'hooked' } });
  });

  it('change trials too', async () => {
    bench.server.on('/tries', patching([{ op: 'add', path: '/data/b', value: '2' }]));
    await using _ = await install('tries', [bench.webhook('/tries')]);
    const made = await create('tries', { data: {} }, '?dryRun=All');
    expect(made).toMatchObject({ code: 500 }); // `data` is not there when it is empty: nothing to add to
    expect(await create('tries', { data: { a: '1' } }, '?dryRun=All')).toMatchObject({
      body: { data: { b: '2' } },
    });
  });

  it('change updates, and an update that changes nothing is still none', async () => {
    await create('updated', { data: { a: '1' } });
    bench.server.on('/updates', patching([{ op: 'replace', path: '/data/a', value: '1' }]));
    const update = { rules: [rule(['configmaps'], { operations: ['UPDATE'] })] };
    await using _ = await install('updates', [bench.webhook('/updates', update)]);
    const path = `${CONFIG_MAPS}/updated`;
    const before = (await bench.calls.send({ method: 'GET', path })).body as {
      metadata: { resourceVersion: string };
    };
    const headers = { 'content-type': 'application/merge-patch+json' };
    const after = await bench.calls.send({ method: 'PATCH', path, body: { data: { a: '2' } }, headers });
    expect(after).toMatchObject({ code: 200, body: { data: { a: '1' } } });
    expect(after.body).toMatchObject({ metadata: { resourceVersion: before.metadata.resourceVersion } });
  });

  it('cannot change what is deleted', async () => {
    await create('kept');
    bench.server.on('/deletes', patching([{ op: 'add', path: '/data', value: {} }]));
    const deletion = { rules: [rule(['configmaps'], { operations: ['DELETE'] })] };
    await using _ = await install('deletes', [bench.webhook('/deletes', deletion)]);
    expect(await bench.calls.send({ method: 'DELETE', path: `${CONFIG_MAPS}/kept` })).toMatchObject({
      code: 500,
      body: {
        message:
          'Internal error occurred: admission webhook "deletes.example.com" attempted to modify the object, which is not supported for this operation',
      },
    });
  });

  it.each<{ why: string; path: string; response: (request: ReviewRequest) => WebhookAnswer; want: Json }>([
    {
      why: 'refuse as others do',
      path: '/refuses',
      response: (request) => answer(request, { allowed: false, status: { message: 'no', code: 403 } }),
      want: {
        code: 403,
        body: { message: 'admission webhook "refuses.example.com" denied the request: no' },
      },
    },
    {
      why: 'have to say of which type a patch is',
      path: '/typeless',
      response: (request) => answer(request, { allowed: true, patch: 'W10=' }),
      want: {
        code: 500,
        body: { message: has('webhook returned response.patch but not response.patchType') },
      },
    },
    {
      why: 'have to send the patch that they announce',
      path: '/patchless',
      response: (request) => answer(request, { allowed: true, patchType: 'JSONPatch' }),
      want: {
        code: 500,
        body: { message: has('webhook returned response.patchType but not response.patch') },
      },
    },
    {
      why: 'know one type of patch',
      path: '/unknown',
      response: (request) =>
        answer(request, {
          allowed: true,
          ...patchOf([{ op: 'test', path: '/kind', value: 'ConfigMap' }]),
          patchType: 'Other',
        }),
      want: { code: 500, body: { message: has('unsupported patch type "Other"') } },
    },
    {
      why: 'have to send operations',
      path: '/broken',
      response: (request) =>
        answer(request, {
          allowed: true,
          patchType: 'JSONPatch',
          patch: Buffer.from('{').toString('base64'),
        }),
      want: { code: 500, body: { message: has('received undecodable patch in webhook response: ') } },
    },
    {
      why: 'have to patch what is there',
      path: '/misses',
      response: patching([{ op: 'remove', path: '/spec' }]),
      want: { code: 500, body: { reason: 'InternalError' } },
    },
    {
      why: 'may change nothing',
      path: '/empty',
      response: patching([]),
      want: { code: 201 },
    },
  ])('$why', async ({ path, response, want }) => {
    bench.server.on(path, response);
    await using _ = await install(`answer${path.replace('/', '-')}`, [bench.webhook(path)]);
    expect(await create(`answer${path.replace('/', '-')}`)).toMatchObject(want);
  });

  describe('configurations', () => {
    const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
    const invalid = (field: string, message: unknown): Json => ({
      code: 422,
      body: {
        reason: 'Invalid',
        details: {
          causes: expect.arrayContaining([
            expect.objectContaining({ field: `webhooks[0].${field}`, message }),
          ]),
        },
      },
    });
    it.each<{ why: string; more: Json; want: Json }>([
      {
        why: 'with a name of three parts',
        more: { name: 'a.b' },
        want: invalid('name', has('should be a domain with at least three segments separated by dots')),
      },
      {
        why: 'without effects',
        more: { sideEffects: 'Some' },
        want: invalid('sideEffects', 'Unsupported value: "Some": supported values: "None", "NoneOnDryRun"'),
      },
      {
        why: 'with something said about effects',
        more: { sideEffects: undefined },
        want: invalid('sideEffects', 'Required value: must specify one of None, NoneOnDryRun'),
      },
      {
        why: 'in a form that is known',
        more: { admissionReviewVersions: ['v9'] },
        want: invalid('admissionReviewVersions', has('must include at least one of v1, v1beta1')),
      },
      {
        why: 'in some form',
        more: { admissionReviewVersions: [] },
        want: invalid('admissionReviewVersions', 'Required value: must specify one of v1, v1beta1'),
      },
      {
        why: 'within half a minute',
        more: { timeoutSeconds: 31 },
        want: invalid(
          'timeoutSeconds',
          'Invalid value: 31: the timeout value must be between 1 and 30 seconds',
        ),
      },
      {
        why: 'over TLS',
        more: { clientConfig: { url: 'http://127.0.0.1/x' } },
        want: invalid('clientConfig.url', has("'https' is the only allowed URL scheme")),
      },
      {
        why: 'without a query',
        more: { clientConfig: { url: 'https://127.0.0.1/x?a=b' } },
        want: invalid('clientConfig.url', has('query parameters are not permitted in the URL')),
      },
      {
        why: 'in one place',
        more: { clientConfig: { url: 'https://127.0.0.1/', service: { namespace: 'a', name: 'b' } } },
        want: invalid('clientConfig', 'Required value: exactly one of url or service is required'),
      },
      {
        why: 'of a service that has a name',
        more: { clientConfig: { service: { namespace: 'a', name: '', path: 'x' } } },
        want: invalid('clientConfig.service.path', has("must start with a '/'")),
      },
      {
        why: 'for operations that there are',
        more: { rules: [rule(['pods'], { operations: ['READ'] })] },
        want: invalid(
          'rules[0].operations[0]',
          'Unsupported value: "READ": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
        ),
      },
      {
        why: 'for anything or for something',
        more: { rules: [rule(['pods'], { apiGroups: ['*', 'apps'] })] },
        want: invalid('rules[0].apiGroups', has("if '*' is present, must not specify other API groups")),
      },
      {
        why: 'for resources that are said once',
        more: { rules: [rule(['pods/*', 'pods/exec'])] },
        want: invalid('rules[0].resources[1]', has("if 'pods/*' is present, must not specify pods/exec")),
      },
      {
        why: 'for some resource',
        more: { rules: [rule([])] },
        want: invalid('rules[0].resources', 'Required value'),
      },
      {
        why: 'failing in one of two ways',
        more: { failurePolicy: 'Maybe' },
        want: invalid('failurePolicy', 'Unsupported value: "Maybe": supported values: "Fail", "Ignore"'),
      },
      {
        why: 'with selectors that are some',
        more: { objectSelector: { matchExpressions: [{ key: 'a', operator: 'Is', values: ['b'] }] } },
        want: invalid(
          'objectSelector.matchExpressions[0].operator',
          'Invalid value: "Is": not a valid selector operator',
        ),
      },
    ])('are taken $why', async ({ more, want }) => {
      const body = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'invalid' },
        webhooks: [bench.webhook('/x', more)],
      };
      expect(await bench.calls.send({ method: 'POST', path, body })).toMatchObject(want);
    });

    it('have webhooks of different names', async () => {
      const body = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'twice' },
        webhooks: [bench.webhook('/x'), bench.webhook('/x')],
      };
      expect(await bench.calls.send({ method: 'POST', path, body })).toMatchObject({
        code: 422,
        body: { message: has('webhooks[1].name: Duplicate value: "x.example.com"') },
      });
    });
  });
});
