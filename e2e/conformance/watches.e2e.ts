import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { on } from '../harness/journey.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';
import { createApiCalls } from './api-calls.ts';
import type { ApiCalls } from './api-calls.ts';

const PATH = '/api/v1/namespaces/watched/configmaps';

interface WatchEvent {
  readonly type: string;
  readonly object: KubeObject;
}

/** What watches tell. Each is over within a second: the server ends it. */
describe(`watches of ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let plane: Plane;
  let calls: ApiCalls;
  beforeAll(async () => {
    plane = stack.use(await startPlane(on, 'watches'));
    calls = stack.use(createApiCalls(plane));
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'watched' } };
    await calls.send({ method: 'POST', path: '/api/v1/namespaces', body });
  });
  afterAll(() => stack.disposeAsync());

  const create = async (name: string, labels: Readonly<Record<string, string>> = {}): Promise<KubeObject> => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } };
    return (await calls.send({ method: 'POST', path: PATH, body })).body as KubeObject;
  };
  const merge = (name: string, body: unknown): Promise<unknown> =>
    calls.send({
      method: 'PATCH',
      path: `${PATH}/${name}`,
      body,
      headers: { 'content-type': 'application/merge-patch+json' },
    });
  const watch = async (query: string): Promise<WatchEvent[]> => {
    const { body } = await calls.send({ method: 'GET', path: `${PATH}?watch=1&timeoutSeconds=1&${query}` });
    if (typeof body !== 'string') return body === '' ? [] : [body as WatchEvent];
    const lines = body.split('\n').filter((line) => line !== '');
    return lines.map((line) => parseJson(line) as unknown as WatchEvent); // what a watch sends
  };
  const typesOf = (events: readonly WatchEvent[], name: string): string[] =>
    events.filter(({ object }) => object.metadata.name === name).map(({ type }) => type);

  it('begins with what is there', async () => {
    await create('there');
    expect(typesOf(await watch(''), 'there')).toEqual(['ADDED']);
  });

  it('tells of changes since a version, in order', async () => {
    const { metadata } = await create('changing');
    await merge('changing', { data: { a: '1' } });
    await calls.send({ method: 'DELETE', path: `${PATH}/changing` });
    const events = await watch(`resourceVersion=${metadata.resourceVersion ?? ''}`);
    expect(typesOf(events, 'changing')).toEqual(['MODIFIED', 'DELETED']);
  });

  it('adds and removes what comes into and leaves a selection', async () => {
    const { metadata } = await create('moving', { tier: 'a' });
    await merge('moving', { metadata: { labels: { tier: 'b' } } });
    await merge('moving', { metadata: { labels: { tier: 'a' } } });
    const from = `resourceVersion=${metadata.resourceVersion ?? ''}`;
    expect(typesOf(await watch(`${from}&labelSelector=tier%3Da`), 'moving')).toEqual(['DELETED', 'ADDED']);
    expect(typesOf(await watch(`${from}&labelSelector=tier%3Db`), 'moving')).toEqual(['ADDED', 'DELETED']);
  });

  it('watches one object', async () => {
    await create('one');
    await create('another');
    const events = await watch('fieldSelector=metadata.name%3Done');
    expect(events.map(({ object }) => object.metadata.name)).toEqual(['one']);
  });

  it('marks the end of what is there', async () => {
    await create('initial');
    const events = await watch(
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
    );
    const mark = events.find(({ type }) => type === 'BOOKMARK');
    expect(mark?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    expect(typesOf(events, 'initial')).toEqual(['ADDED']);
  });

  it('wants to know which versions do for initial events', async () => {
    const answer = await calls.send({ method: 'GET', path: `${PATH}?watch=1&sendInitialEvents=true` });
    expect(answer).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
  });

  it('says nothing of what does not change', async () => {
    const { metadata } = await create('still');
    await merge('still', {});
    expect(typesOf(await watch(`resourceVersion=${metadata.resourceVersion ?? ''}`), 'still')).toEqual([]);
  });
});
