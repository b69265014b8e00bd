import { API_VERSIONS } from '@clusternet/api-types';
import type { Description } from '@clusternet/api-types';
import { clusternetRef, createKubeClient } from '@clusternet/client';
import { createFakeApi } from '@clusternet/client/fakes';
import type { FakeAnswer } from '@clusternet/client/fakes';
import { createInformer } from '@clusternet/controller-kit';
import { encodeBase64, encodeUtf8 } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { noMetrics, runAll, silentLogger, systemRandom } from '@clusternet/runtime';
import { createFakeClock } from '@clusternet/runtime/fakes';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Parent } from '../registration/register.ts';
import { createObserveController } from './observe-controller.ts';

const PATH = '/apis/apps.clusternet.io/v1alpha1/namespaces/ns/descriptions/app-generic';
const configMap = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'foo' },
});
const observed = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'foo',
  name,
  health: { state: 'Healthy' },
});

function description(objects: readonly KubeObject[], manifestStatuses: readonly object[]): Description {
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'Description',
    metadata: { name: 'app-generic', namespace: 'ns' },
    spec: {
      deployer: 'Generic',
      raw: objects.map((object) => encodeBase64(encodeUtf8(JSON.stringify(object)))),
    },
    status: { manifestStatuses },
  } as Description;
}

describe('createObserveController', () => {
  const controller = { current: new AbortController(), done: Promise.resolve() };
  afterEach(async () => {
    controller.current.abort();
    await controller.done;
  });

  function start(given: Description, inChild: readonly string[]) {
    const parent = createFakeApi({ refs: [clusternetRef('Description')] });
    const child = createFakeApi();
    parent.store.put(PATH, given);
    for (const name of inChild) child.store.put(`/api/v1/namespaces/foo/configmaps/${name}`, configMap(name));
    const clock = createFakeClock();
    const shared = { clock, random: systemRandom, log: silentLogger };
    const client = createKubeClient(parent.transport);
    const resource = client.resource<Description>(clusternetRef('Description'));
    const descriptions = createInformer<Description>({ ...shared, resource }, { namespace: 'ns' });
    const run = createObserveController({
      ...shared,
      metrics: noMetrics,
      parent: { client } as unknown as Parent,
      deployer: createKubeClient(child.transport),
      descriptions,
    });
    const writes = () => parent.requests.filter(({ method }) => method !== 'GET');
    const statuses = () => (parent.store.get(PATH)!['status'] as Description['status'])?.manifestStatuses;
    controller.current = new AbortController();
    const begin = (): void => {
      controller.done = runAll([descriptions.run, run], controller.current.signal);
    };
    return { begin, clock, child, writes, statuses };
  }
  /** Lets the time pass in which changes are gathered, until `check` holds. */
  const passing = (clock: ReturnType<typeof createFakeClock>, check: () => void) =>
    vi.waitFor(async () => {
      await clock.advance(300);
      check();
    });

  it('mirrors what is there and what comes later', async () => {
    const { begin, clock, child, statuses } = start(description([configMap('a'), configMap('b')], []), ['a']);
    begin();
    await passing(clock, () => {
      expect(statuses()).toEqual([observed('a')]);
    });
    const path = '/api/v1/namespaces/foo/configmaps/b';
    child.store.put(path, configMap('b'));
    await passing(clock, () => {
      expect(statuses()).toEqual([observed('a'), observed('b')]);
    });
    child.store.remove(path);
    await passing(clock, () => {
      expect(statuses()).toEqual([observed('a')]);
    });
  });

  it('writes nothing after a start while it does not know all objects yet, nor when all is as it was', async () => {
    const given = description([configMap('a'), configMap('b')], [observed('a'), observed('b')]);
    const { begin, clock, child, writes, statuses } = start(given, ['a', 'b']);
    const gate = Promise.withResolvers<FakeAnswer | undefined>();
    let isHeld = false;
    child.intercept(({ query }) => {
      if (query.get('fieldSelector') !== 'metadata.name=b') return undefined;
      isHeld = true;
      return gate.promise;
    });
    begin();
    await passing(clock, () => {
      expect(isHeld).toBe(true);
      expect(child.openWatches).toBe(1);
    });
    await clock.advance(1000);
    expect(writes()).toEqual([]);
    gate.resolve(undefined);
    await passing(clock, () => {
      expect(child.openWatches).toBe(2);
    });
    await clock.advance(1000);
    expect(writes()).toEqual([]);
    expect(statuses()).toHaveLength(2);
  });
});
