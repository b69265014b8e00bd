import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { on } from '../harness/journey.ts';
import type { Answer, Call } from './api-calls.ts';
import { CONFIG_MAPS, configMap, everything, MERGE, startWebhookBench } from './webhook-bench.ts';
import type { WebhookBench } from './webhook-bench.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/hooked/deployments';
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec: { containers: [{ name: 'main', image: 'example.invalid/web' }] },
};

/** What webhooks are told of a request. */
describe(`requests to webhooks on ${on} control planes`, () => {
  let bench: WebhookBench;
  beforeAll(async () => {
    bench = await startWebhookBench('webhook-requests');
    await eventually('the service account', async () => {
      const path = '/api/v1/namespaces/hooked/serviceaccounts/default';
      return (await bench.calls.send({ method: 'GET', path })).code === 200;
    });
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const send = (
    method: string,
    path: string,
    body?: unknown,
    headers: Call['headers'] = {},
  ): Promise<Answer> => bench.calls.send({ method, path, ...(body === undefined ? {} : { body }), headers });
  const listen: WebhookBench['listen'] = (path, more, requests) => bench.listen(path, more, requests);

  describe('say', () => {
    it('all of a new object', async () => {
      const told = await listen('/create', {}, () =>
        send(
          'POST',
          `${CONFIG_MAPS}?fieldManager=one&fieldValidation=Strict`,
          configMap('told', {}, { data: { a: '1' } }),
        ),
      );
      const kind = { group: '', version: 'v1', kind: 'ConfigMap' };
      const resource = { group: '', version: 'v1', resource: 'configmaps' };
      expect(told).toEqual([
        {
          uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
          kind,
          resource,
          requestKind: kind,
          requestResource: resource,
          name: 'told',
          namespace: 'hooked',
          operation: 'CREATE',
          userInfo: expect.objectContaining({
            username: 'kubernetes-admin',
            groups: ['system:masters', 'system:authenticated'],
          }),
          object: {
            kind: 'ConfigMap',
            apiVersion: 'v1',
            metadata: expect.objectContaining({ name: 'told', namespace: 'hooked', uid: expect.any(String) }),
            data: { a: '1' },
          },
          oldObject: null,
          dryRun: false,
          options: {
            kind: 'CreateOptions',
            apiVersion: 'meta.k8s.io/v1',
            fieldManager: 'one',
            fieldValidation: 'Strict',
          },
        },
      ]);
    });

    it('what was there before an update', async () => {
      await send('POST', CONFIG_MAPS, configMap('updated', {}, { data: { a: '1' } }));
      const told = await listen('/update', { rules: [everything([''], ['configmaps'])] }, () =>
        send('PATCH', `${CONFIG_MAPS}/updated`, { data: { a: '2' } }, MERGE),
      );
      expect(told).toMatchObject([
        {
          operation: 'UPDATE',
          object: { data: { a: '2' } },
          oldObject: { data: { a: '1' } },
          options: { kind: 'UpdateOptions' },
        },
      ]);
    });

    it('what is there before a deletion', async () => {
      await send('POST', CONFIG_MAPS, configMap('deleted'));
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
      const told = await listen('/delete', { rules: [everything([''], ['configmaps'])] }, () =>
        send('DELETE', `${CONFIG_MAPS}/deleted`, body),
      );
      expect(told).toMatchObject([
        {
          operation: 'DELETE',
          name: 'deleted',
          object: null,
          oldObject: { metadata: { name: 'deleted' } },
          options: { kind: 'DeleteOptions', propagationPolicy: 'Background' },
        },
      ]);
    });

    it('each object of a deletion of many, but no name', async () => {
      for (const name of ['many-1', 'many-2'])
        await send('POST', CONFIG_MAPS, configMap(name, { labels: { many: 'yes' } }));
      const told = await listen('/many', { rules: [everything([''], ['configmaps'])] }, () =>
        send('DELETE', `${CONFIG_MAPS}?labelSelector=many%3Dyes`),
      );
      expect(told.map(({ oldObject }) => oldObject)).toMatchObject([
        { metadata: { name: 'many-1' } },
        { metadata: { name: 'many-2' } },
      ]);
      expect(told.map(({ name }) => name)).toEqual([undefined, undefined]);
    });

    it('that it is a trial', async () => {
      const told = await listen('/trial', {}, () =>
        send('POST', `${CONFIG_MAPS}?dryRun=All`, configMap('trial')),
      );
      expect(told).toMatchObject([{ dryRun: true, options: { dryRun: ['All'] } }]);
    });

    it('who asks', async () => {
      const headers = {
        'impersonate-user': 'jane',
        'impersonate-group': 'system:masters',
        'impersonate-uid': 'u-1',
        'impersonate-extra-scopes': 'a',
      };
      const told = await listen('/user', {}, () => send('POST', CONFIG_MAPS, configMap('asked'), headers));
      expect(told).toMatchObject([
        {
          userInfo: {
            username: 'jane',
            uid: 'u-1',
            groups: ['system:masters', 'system:authenticated'],
            extra: { scopes: ['a'] },
          },
        },
      ]);
    });

    it('that an apply makes or changes something', async () => {
      const headers = { 'content-type': 'application/apply-patch+yaml' };
      const told = await listen('/apply', { rules: [everything([''], ['configmaps'])] }, async () => {
        await send('PATCH', `${CONFIG_MAPS}/applied?fieldManager=one`, configMap('applied'), headers);
        const body = configMap('applied', {}, { data: { a: '1' } });
        await send('PATCH', `${CONFIG_MAPS}/applied?fieldManager=one&force=true`, body, headers);
      });
      expect(told).toMatchObject([
        { operation: 'CREATE', options: { kind: 'CreateOptions', fieldManager: 'one' } },
        { operation: 'UPDATE', options: { kind: 'UpdateOptions', fieldManager: 'one' } },
      ]);
    });

    it('that a namespace is in itself', async () => {
      const all = {
        rules: [everything([''], ['namespaces'])],
        namespaceSelector: { matchLabels: { told: 'yes' } },
      };
      const told = await listen('/namespace', all, async () => {
        const metadata = { name: 'told', labels: { told: 'yes' } };
        await send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata });
        await send('POST', '/api/v1/namespaces', {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'untold' },
        });
      });
      expect(told).toMatchObject([{ name: 'told', namespace: 'told', operation: 'CREATE' }]);
    });
  });

  describe('through subresources', () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'scaled' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'scaled' } },
        template: { metadata: { labels: { app: 'scaled' } }, spec: POD.spec },
      },
    };

    it('show what the subresource takes', async () => {
      await send('POST', DEPLOYMENTS, deployment);
      const rules = [everything(['apps'], ['deployments/scale'])];
      const told = await listen('/scale', { rules }, async () => {
        await send('PATCH', `${DEPLOYMENTS}/scaled/scale`, { spec: { replicas: 0 } }, MERGE);
        await send('PATCH', `${DEPLOYMENTS}/scaled`, { metadata: { labels: { a: 'b' } } }, MERGE);
      });
      // A controller may write in between, and then the request is looked at again.
      expect(told[0]).toMatchObject({
        operation: 'UPDATE',
        subResource: 'scale',
        requestSubResource: 'scale',
        kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
        resource: { group: 'apps', version: 'v1', resource: 'deployments' },
        object: { kind: 'Scale', apiVersion: 'autoscaling/v1', spec: {}, status: { selector: 'app=scaled' } },
        oldObject: { kind: 'Scale' },
      });
    });

    it('show whole objects for a status', async () => {
      const rules = [everything([''], ['pods/status'])];
      const pods = '/api/v1/namespaces/hooked/pods';
      await send('POST', pods, POD);
      const told = await listen('/status', { rules }, () =>
        send('PATCH', `${pods}/web/status`, { status: { message: 'hello' } }, MERGE),
      );
      expect(told).toMatchObject([
        { subResource: 'status', object: { kind: 'Pod', spec: {}, status: { message: 'hello' } } },
      ]);
    });

    it('show streams before they begin', async () => {
      const rules = [everything([''], ['pods/*'])];
      const path =
        '/api/v1/namespaces/hooked/pods/web/exec?command=sh&command=-c&container=main&stdout=true&tty=true';
      const told = await listen('/connect', { rules }, () => send('POST', path));
      expect(told).toMatchObject([
        {
          operation: 'CONNECT',
          subResource: 'exec',
          name: 'web',
          namespace: 'hooked',
          kind: { group: '', version: 'v1', kind: 'PodExecOptions' },
          resource: { resource: 'pods' },
          object: {
            kind: 'PodExecOptions',
            apiVersion: 'v1',
            stdout: true,
            tty: true,
            container: 'main',
            command: ['sh', '-c'],
          },
          oldObject: null,
          options: null,
        },
      ]);
    });

    it('show evictions and tokens as what is posted', async () => {
      const rules = [everything([''], ['pods/eviction', 'serviceaccounts/token', 'pods'])];
      const told = await listen('/posted', { rules }, async () => {
        const eviction = {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name: 'web', namespace: 'hooked' },
        };
        await send('POST', '/api/v1/namespaces/hooked/pods/web/eviction', eviction);
        const request = {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { audiences: ['a'] },
        };
        await send('POST', '/api/v1/namespaces/hooked/serviceaccounts/default/token', request);
      });
      expect(told).toMatchObject([
        {
          operation: 'CREATE',
          subResource: 'eviction',
          kind: { group: 'policy', version: 'v1', kind: 'Eviction' },
        },
        {
          operation: 'CREATE',
          subResource: 'token',
          name: 'default',
          object: { spec: { audiences: ['a'] } },
        },
      ]);
    });
  });
});
