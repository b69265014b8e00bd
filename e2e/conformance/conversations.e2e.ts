import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { on } from '../harness/journey.ts';
import { startPlane } from '../harness/start-plane.ts';
import { createApiCalls } from './api-calls.ts';
import type { Answer, ApiCalls } from './api-calls.ts';

const PATH = '/api/v1/namespaces/paged/configmaps';
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

interface Page {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
}

/** What takes more than one request, each made of the answer before it. */
describe(`conversations with ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let calls: ApiCalls;
  beforeAll(async () => {
    calls = stack.use(createApiCalls(stack.use(await startPlane(on, 'conversations'))));
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'paged' } };
    await calls.send({ method: 'POST', path: '/api/v1/namespaces', body });
    for (const name of ['a', 'b', 'c', 'd', 'e']) await create(name, 'first');
  });
  afterAll(() => stack.disposeAsync());

  const create = (name: string, batch: string): Promise<Answer> => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { batch } } };
    return calls.send({ method: 'POST', path: PATH, body });
  };
  const send = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    calls.send({ method: 'GET', path, headers });
  const list = async (query: string): Promise<Page> => (await send(`${PATH}?${query}`)).body as Page;
  const namesOf = ({ items }: Page): string => items.map(({ metadata }) => metadata.name).join('');

  it('pages through a selection at one version, though more comes in between', async () => {
    const first = await list('limit=2&labelSelector=batch%3Dfirst');
    await create('aa', 'first');
    const second = await list(
      `limit=2&labelSelector=batch%3Dfirst&continue=${first.metadata.continue ?? ''}`,
    );
    const third = await list(
      `limit=2&labelSelector=batch%3Dfirst&continue=${second.metadata.continue ?? ''}`,
    );
    expect([first, second, third].map(namesOf)).toEqual(['ab', 'cd', 'e']);
    expect(new Set([first, second, third].map(({ metadata }) => metadata.resourceVersion)).size).toBe(1);
    expect(third.metadata.continue).toBeUndefined();
    // How many are left cannot be told of a selection.
    expect(first.metadata.remainingItemCount).toBeUndefined();
    await calls.send({ method: 'DELETE', path: `${PATH}/aa` });
  });

  it('counts what is left of a whole list', async () => {
    const all = (await list('')).items.length;
    const first = await list('limit=2');
    const second = await list(`limit=2&continue=${first.metadata.continue ?? ''}`);
    expect(first.metadata.remainingItemCount).toBe(all - 2);
    expect(second.metadata.remainingItemCount).toBe(all - 4);
  });

  it('refuses a version beside a continuation', async () => {
    const { metadata } = await list('limit=2');
    const answer = await send(`${PATH}?limit=2&continue=${metadata.continue ?? ''}&resourceVersion=1`);
    expect(answer).toMatchObject({ code: 400, body: { reason: 'BadRequest' } });
  });

  it('lists a version as it was, exactly or as old at most', async () => {
    const { metadata } = await list('limit=1');
    await create('later', 'second');
    const at = `resourceVersion=${metadata.resourceVersion}`;
    const exact = await list(`${at}&resourceVersionMatch=Exact`);
    expect(namesOf(exact)).not.toContain('later');
    expect(exact.metadata.resourceVersion).toBe(metadata.resourceVersion);
    expect(namesOf(await list(`${at}&resourceVersionMatch=NotOlderThan`))).toContain('later');
    // A page of a version is a page of just that version; a whole list may be newer.
    expect(namesOf(await list(`${at}&limit=500`))).not.toContain('later');
    expect(namesOf(await list(at))).toContain('later');
  });

  it('gives whoever takes any version everything at once', async () => {
    const page = await list('resourceVersion=0&limit=1&labelSelector=batch%3Dfirst');
    expect(page.items.length).toBeGreaterThan(1);
    expect(page.metadata.continue).toBeUndefined();
  });

  it.each<{ why: string; path: string; headers: Readonly<Record<string, string>> }>([
    { why: 'discovery of groups', path: '/apis', headers: { accept: AGGREGATED } },
    { why: 'discovery of the core', path: '/api', headers: { accept: AGGREGATED } },
    { why: 'an OpenAPI document', path: '/openapi/v3/apis/apps/v1', headers: {} },
    { why: 'OpenAPI of old', path: '/openapi/v2', headers: {} },
  ])('$why: says when nothing has changed', async ({ path, headers }) => {
    const first = await send(path, headers);
    const etag = String(first.headers['etag']);
    expect(etag).toMatch(/^"[0-9A-F]+"$/);
    expect(await send(path, { ...headers, 'if-none-match': etag })).toMatchObject({ code: 304, body: '' });
    expect(await send(path, { ...headers, 'if-none-match': '"other"' })).toMatchObject({ code: 200 });
  });

  it('lets a document be kept under its hash, and sends whoever has another to it', async () => {
    await send('/openapi/v3/apis/batch/v1');
    const { body } = await send('/openapi/v3');
    const { paths } = body as { paths: Record<string, { serverRelativeURL: string }> };
    const url = paths['apis/batch/v1']?.serverRelativeURL ?? '';
    const kept = await send(url);
    expect(kept).toMatchObject({
      code: 200,
      headers: { 'cache-control': expect.stringContaining('immutable') },
    });
    const other = await send('/openapi/v3/apis/batch/v1?hash=0');
    expect(other).toMatchObject({ code: 301, headers: { location: url } });
  });

  it('replaces what was read, and refuses what was read before', async () => {
    const { body } = await create('raced', 'second');
    const read = body as Record<string, unknown>;
    const put = (data: Readonly<Record<string, string>>): Promise<Answer> =>
      calls.send({ method: 'PUT', path: `${PATH}/raced`, body: { ...read, data } });
    expect(await put({ a: '1' })).toMatchObject({ code: 200 });
    expect(await put({ a: '2' })).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
  });

  it('deletes what preconditions describe, and refuses when it is another', async () => {
    const { body } = await create('conditional', 'second');
    const { uid, resourceVersion } = (body as { metadata: Record<string, string> }).metadata;
    const remove = (preconditions: unknown): Promise<Answer> =>
      calls.send({ method: 'DELETE', path: `${PATH}/conditional`, body: { preconditions } });
    expect(await remove({ uid, resourceVersion: '1' })).toMatchObject({ code: 409 });
    expect(await remove({ uid: 'other', resourceVersion })).toMatchObject({ code: 409 });
    expect(await remove({ uid, resourceVersion })).toMatchObject({ code: 200, body: { status: 'Success' } });
  });

  it('lets who may patch make nothing', async () => {
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/paged';
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const metadata = { name: 'patches' };
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'patch'] }];
    await calls.send({
      method: 'POST',
      path: `${rbac}/roles`,
      body: { apiVersion, kind: 'Role', metadata, rules },
    });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'patches' };
    const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' }];
    await calls.send({
      method: 'POST',
      path: `${rbac}/rolebindings`,
      body: { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects },
    });
    const jane = { 'impersonate-user': 'jane' };
    await expect.poll(() => send(`${PATH}/applied`, jane)).toMatchObject({ code: 404 }); // the role is known
    const apply = (name: string): Promise<Answer> =>
      calls.send({
        method: 'PATCH',
        path: `${PATH}/${name}?fieldManager=jane`,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { applied: '1' } },
        headers: { ...jane, 'content-type': 'application/apply-patch+yaml' },
      });
    expect(await apply('applied')).toMatchObject({
      code: 403,
      body: {
        message:
          'configmaps "applied" is forbidden: User "jane" cannot create resource "configmaps" in API group "" in the namespace "paged"',
      },
    });
    expect(await apply('a')).toMatchObject({ code: 200, body: { data: { applied: '1' } } });
  });
});
