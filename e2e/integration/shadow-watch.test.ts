import { isApiError } from '@clusternet/client';
import type { ResourceClient, WatchEvent } from '@clusternet/client';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { startShadowParent } from './shadow-parent.ts';
import type { ShadowParent } from './shadow-parent.ts';

let parent: ShadowParent;
let maps: ResourceClient;
beforeAll(async () => {
  parent = await startShadowParent();
  const ref = {
    group: 'shadow',
    version: 'v1alpha1',
    plural: 'configmaps',
    kind: 'ConfigMap',
    namespaced: true,
  };
  maps = parent.client.resource(ref);
});
afterAll(async () => {
  await parent[Symbol.asyncDispose]();
});

const write = (name: string, value: string, labels: Record<string, string> = {}): Promise<KubeObject> =>
  maps.patch(
    { namespace: 'foo', name },
    'apply',
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data: { value } }),
    { fieldManager: 'tests', force: true },
  );

/** Collects a watch until it ends. */
function follow(options: Parameters<ResourceClient['watch']>[0]): { seen: string[]; done: Promise<unknown> } {
  const seen: string[] = [];
  const describeEvent = (event: WatchEvent<KubeObject>): string =>
    event.type === 'BOOKMARK'
      ? 'BOOKMARK'
      : `${event.type} ${event.object.metadata.name ?? ''} ${(event.object['data'] as JsonObject)['value'] as string}`;
  const read = async (): Promise<unknown> => {
    try {
      for await (const event of await maps.watch({ namespace: 'foo', timeoutSeconds: 20, ...options }))
        seen.push(describeEvent(event));
      return 'ended';
    } catch (error) {
      return error;
    }
  };
  return { seen, done: read() };
}

describe('watches of templates', () => {
  it('resume where a list or another watch was', async () => {
    const { resourceVersion } = await maps.list({ namespace: 'foo' });
    const first = await write('a', '1');
    await write('a', '2');
    await maps.delete({ namespace: 'foo', name: 'a' });
    const whole = follow({ resourceVersion, timeoutSeconds: 1 });
    const rest = follow({ resourceVersion: first.metadata.resourceVersion ?? '', timeoutSeconds: 1 });
    expect([await whole.done, await rest.done]).toEqual(['ended', 'ended']);
    expect(whole.seen).toEqual(['ADDED a 1', 'MODIFIED a 2', 'DELETED a 2']);
    expect(rest.seen).toEqual(['MODIFIED a 2', 'DELETED a 2']);
  });

  it('tell of what enters and leaves a selection', async () => {
    const { resourceVersion } = await maps.list({ namespace: 'foo' });
    await write('b', '1');
    await write('b', '2', { team: 'x' });
    await write('b', '3', { team: 'y' });
    const { seen, done } = follow({ resourceVersion, labelSelector: 'team=x', timeoutSeconds: 1 });
    await done;
    expect(seen).toEqual(['ADDED b 2', 'DELETED b 2']);
  });

  it('B S-13: begin with what is there, and say when that is told', async () => {
    await write('there', '1');
    const query =
      'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1';
    const { body } = await parent.shadow(
      `/namespaces/foo/configmaps?${query}&fieldSelector=metadata.name=there`,
    );
    const text = body['text'] ?? JSON.stringify(body);
    expect(text).toContain('"k8s.io/initial-events-end":"true"');
  });

  it('are told that what they resume from is forgotten', async () => {
    const { done } = follow({ resourceVersion: '1', timeoutSeconds: 2 });
    expect(isApiError(await done, 'GONE')).toBe(true);
  });

  it('see what is written past the hub', async () => {
    const { resourceVersion } = await maps.list({ namespace: 'foo' });
    await write('direct', '1');
    const { seen } = follow({ resourceVersion });
    const path =
      '/apis/apps.clusternet.io/v1alpha1/namespaces/clusternet-reserved/manifests/configmaps.foo.direct';
    const body = { template: { data: { value: 'past' } } };
    await parent.call(path, { method: 'PATCH', contentType: 'application/merge-patch+json', body });
    await eventually('the change to be told', () => seen.includes('MODIFIED direct past'));
  });

  it('B S-13: end when the hub stops, and go on at the next one', async () => {
    const { resourceVersion } = await maps.list({ namespace: 'foo' });
    const { done } = follow({ resourceVersion, timeoutSeconds: 60 });
    const replaced = parent.replaceHub();
    await done;
    await replaced;
    expect((await maps.get({ namespace: 'foo', name: 'there' }))['data']).toEqual({ value: '1' });
    const now = await maps.list({ namespace: 'foo' });
    expect(now.items.map(({ metadata }) => metadata.name)).toContain('direct');
    const again = follow({ resourceVersion: now.resourceVersion });
    await write('later', '1');
    await eventually('the next hub to tell', () => again.seen.includes('ADDED later 1'));
  });
});
