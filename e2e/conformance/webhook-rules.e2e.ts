import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { on } from '../harness/journey.ts';
import type { Answer, Call } from './api-calls.ts';
import { CONFIG_MAPS, configMap, everything, MERGE, rule, startWebhookBench } from './webhook-bench.ts';
import type { Json, WebhookBench } from './webhook-bench.ts';

/** Which requests webhooks are told of. */
describe(`requests for webhooks on ${on} control planes`, () => {
  let bench: WebhookBench;
  beforeAll(async () => {
    bench = await startWebhookBench('webhook-rules');
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const send = (
    method: string,
    path: string,
    body?: unknown,
    headers: Call['headers'] = {},
  ): Promise<Answer> => bench.calls.send({ method, path, ...(body === undefined ? {} : { body }), headers });
  const listen: WebhookBench['listen'] = (path, more, requests) => bench.listen(path, more, requests);

  describe('are told to those whose rules', () => {
    const cases: readonly { why: string; more: Json; want: boolean }[] = [
      { why: 'name operation, group, version and resource', more: {}, want: true },
      {
        why: 'name another operation',
        more: { rules: [rule(['configmaps'], { operations: ['UPDATE'] })] },
        want: false,
      },
      {
        why: 'name another group',
        more: { rules: [rule(['configmaps'], { apiGroups: ['apps'] })] },
        want: false,
      },
      {
        why: 'name another version',
        more: { rules: [rule(['configmaps'], { apiVersions: ['v2'] })] },
        want: false,
      },
      { why: 'name another resource', more: { rules: [rule(['secrets'])] }, want: false },
      { why: 'name any resource', more: { rules: [rule(['*'])] }, want: true },
      { why: 'name subresources only', more: { rules: [rule(['*/scale', 'configmaps/*'])] }, want: true },
      { why: 'name one subresource', more: { rules: [rule(['configmaps/status'])] }, want: false },
      {
        why: 'want what is in namespaces',
        more: { rules: [rule(['*'], { scope: 'Namespaced' })] },
        want: true,
      },
      {
        why: 'want what is in no namespace',
        more: { rules: [rule(['*'], { scope: 'Cluster' })] },
        want: false,
      },
      { why: 'are several', more: { rules: [rule(['secrets']), rule(['configmaps'])] }, want: true },
      { why: 'are none', more: { rules: [] }, want: false },
      { why: 'select its labels', more: { objectSelector: { matchLabels: { app: 'x' } } }, want: true },
      {
        why: 'select other labels',
        more: { objectSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['x'] }] } },
        want: false,
      },
      {
        why: 'select another namespace',
        more: { namespaceSelector: { matchLabels: { hooked: 'no' } } },
        want: false,
      },
      {
        why: 'select the name of its namespace',
        more: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'hooked' } } },
        want: true,
      },
    ];
    it.each(cases.map((entry, index) => ({ ...entry, index })))(
      '$why: $want',
      async ({ more, want, index }) => {
        const told = await listen(`/rule-${index}`, more, () =>
          send('POST', CONFIG_MAPS, configMap(`rule-${index}`, { labels: { app: 'x' } })),
        );
        expect(told.map(({ name }) => name)).toEqual(want ? [`rule-${index}`] : []);
      },
    );

    it('select labels of before or after', async () => {
      await send('POST', CONFIG_MAPS, configMap('moving', { labels: { app: 'before' } }));
      const selected = {
        rules: [everything([''], ['configmaps'])],
        objectSelector: { matchLabels: { app: 'before' } },
      };
      const told = await listen('/moving', selected, async () => {
        await send('PATCH', `${CONFIG_MAPS}/moving`, { metadata: { labels: { app: 'after' } } }, MERGE);
        await send('PATCH', `${CONFIG_MAPS}/moving`, { data: { a: '1' } }, MERGE);
      });
      expect(told).toHaveLength(1);
    });
  });

  describe('of several versions', () => {
    const path = '/apis/hooked.example.com/v2/namespaces/hooked/things';
    beforeAll(async () => {
      const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
      const made = await send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'things.hooked.example.com' },
        spec: {
          group: 'hooked.example.com',
          scope: 'Namespaced',
          names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
          versions: [
            { name: 'v1', served: true, storage: true, schema },
            { name: 'v2', served: true, storage: false, schema },
          ],
        },
      });
      expect(made).toMatchObject({ code: 201 });
      await eventually('the definition to be served', async () => (await send('GET', path)).code === 200);
    });
    const thing = (name: string): Json => ({
      apiVersion: 'hooked.example.com/v2',
      kind: 'Thing',
      metadata: { name },
      spec: { a: 1 },
    });
    const first = rule(['things'], { apiGroups: ['hooked.example.com'], apiVersions: ['v1'] });

    it('are told in the version that was named', async () => {
      const told = await listen('/equivalent', { rules: [first] }, () =>
        send('POST', path, thing('equivalent')),
      );
      expect(told).toMatchObject([
        {
          kind: { group: 'hooked.example.com', version: 'v1', kind: 'Thing' },
          resource: { version: 'v1' },
          requestKind: { version: 'v2' },
          requestResource: { version: 'v2' },
          object: { apiVersion: 'hooked.example.com/v1', spec: { a: 1 } },
        },
      ]);
    });

    it('are not told where the match is exact', async () => {
      const more = { rules: [first], matchPolicy: 'Exact' };
      expect(await listen('/exact', more, () => send('POST', path, thing('exact')))).toEqual([]);
    });
  });
});
