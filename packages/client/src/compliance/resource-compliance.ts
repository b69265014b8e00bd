import assert from 'node:assert/strict';
import type { KubeObject } from '@clusternet/kube-data';
import { isApiError } from '../errors.ts';
import type { ApiErrorCode } from '../errors.ts';
import type { ResourceClient } from '../kube-client.ts';
import type { ComplianceCase, CompliancePlane } from './compliance-case.ts';

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

function configMaps({ client }: CompliancePlane): ResourceClient<ConfigMap> {
  return client.resource({
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    plural: 'configmaps',
    namespaced: true,
  });
}

function configMap(
  { namespace }: CompliancePlane,
  name: string,
  data: Record<string, string> = {},
): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

async function assertCode(code: ApiErrorCode, work: Promise<unknown>): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  assert.ok(isApiError(error, code), `want ${code}, got ${String(error)}`);
}

/** What the resource client promises on any API server. */
export const resourceCompliance: readonly ComplianceCase[] = [
  {
    name: 'creates, reads, replaces and deletes',
    run: async (plane, signal) => {
      const resource = configMaps(plane);
      const made = await resource.create(configMap(plane, 'crud', { a: '1' }), {}, signal);
      assert.equal(made.kind, 'ConfigMap');
      assert.ok(made.metadata.uid);
      const read = await resource.get(made.metadata as { name: string }, signal);
      const replaced = await resource.update({ ...read, data: { a: '2' } }, {}, signal);
      assert.deepEqual(replaced.data, { a: '2' });
      assert.notEqual(replaced.metadata.resourceVersion, made.metadata.resourceVersion);
      await resource.delete({ namespace: plane.namespace, name: 'crud' }, {}, signal);
      await assertCode('NOT_FOUND', resource.get({ namespace: plane.namespace, name: 'crud' }, signal));
    },
  },
  {
    name: 'tells a name that is taken from a lost update',
    run: async (plane, signal) => {
      const resource = configMaps(plane);
      const made = await resource.create(configMap(plane, 'taken'), {}, signal);
      await assertCode('ALREADY_EXISTS', resource.create(configMap(plane, 'taken'), {}, signal));
      await resource.update({ ...made, data: { a: '1' } }, {}, signal);
      await assertCode('CONFLICT', resource.update({ ...made, data: { a: '2' } }, {}, signal));
    },
  },
  {
    name: 'merges a patch, and guards it by resourceVersion where it carries one',
    run: async (plane, signal) => {
      const resource = configMaps(plane);
      const made = await resource.create(configMap(plane, 'merged', { a: '1', b: '2' }), {}, signal);
      const ref = { namespace: plane.namespace, name: 'merged' };
      const patched = await resource.patch(ref, 'merge', { data: { a: null, c: '3' } }, {}, signal);
      assert.deepEqual(patched.data, { b: '2', c: '3' });
      const { resourceVersion } = made.metadata;
      const stale = { metadata: { resourceVersion, labels: { x: 'y' } } };
      await assertCode('CONFLICT', resource.patch(ref, 'merge', stale, {}, signal));
    },
  },
  {
    name: 'applies: creates, takes away what is no longer applied, and leaves what others wrote',
    run: async (plane, signal) => {
      const resource = configMaps(plane);
      const options = { fieldManager: 'compliance', force: true };
      await resource.apply(configMap(plane, 'applied', { a: '1', b: '2' }), options, signal);
      const ref = { namespace: plane.namespace, name: 'applied' };
      await resource.patch(ref, 'merge', { data: { foreign: 'x' } }, { fieldManager: 'another' }, signal);
      const after = await resource.apply(configMap(plane, 'applied', { a: '1' }), options, signal);
      assert.deepEqual(after.data, { a: '1', foreign: 'x' });
      const again = await resource.apply(configMap(plane, 'applied', { a: '1' }), options, signal);
      assert.equal(again.metadata.resourceVersion, after.metadata.resourceVersion);
    },
  },
  {
    name: 'deletes only the object it was told of',
    run: async (plane, signal) => {
      const resource = configMaps(plane);
      await resource.create(configMap(plane, 'precise'), {}, signal);
      const ref = { namespace: plane.namespace, name: 'precise' };
      const uid = '11111111-1111-4111-8111-111111111111';
      await assertCode('CONFLICT', resource.delete(ref, { uid }, signal));
      await resource.get(ref, signal);
    },
  },
  {
    name: 'lists in pages that together are everything once',
    run: async (plane, signal) => {
      const resource = configMaps(plane);
      const want = ['page-1', 'page-2', 'page-3', 'page-4', 'page-5'];
      for (const name of want) {
        const object = configMap(plane, name);
        object.metadata.labels = { set: 'pages' };
        await resource.create(object, {}, signal);
      }
      const seen: (string | undefined)[] = [];
      const selection = { namespace: plane.namespace, labelSelector: 'set=pages', limit: 2 };
      let page = await resource.list(selection, signal);
      for (;;) {
        assert.ok(page.items.length <= 2);
        seen.push(...page.items.map(({ metadata }) => metadata.name));
        assert.ok(page.items.every(({ kind, apiVersion }) => kind === 'ConfigMap' && apiVersion === 'v1'));
        if (page.continueToken === '') break;
        page = await resource.list({ ...selection, continueToken: page.continueToken }, signal);
      }
      assert.deepEqual(seen.sort(), want);
    },
  },
  {
    name: 'discovers kinds, and says so when one is not served',
    run: async (plane, signal) => {
      const resource = await plane.client.resourceFor({ apiVersion: 'v1', kind: 'ConfigMap' }, signal);
      assert.deepEqual({ ...resource.ref }, { ...configMaps(plane).ref });
      const unknown = { apiVersion: 'nowhere.example.com/v1', kind: 'Nothing' };
      await assertCode('UNKNOWN_KIND', plane.client.resourceFor(unknown, signal));
    },
  },
];
