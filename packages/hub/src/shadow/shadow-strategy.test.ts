import type { WriteContext } from '@clusternet/apiserver';
import { ApiError } from '@clusternet/apiserver';
import { createFakeApi, json, statusAnswer } from '@clusternet/client/fakes';
import type { FakeAnswer, FakeRequest } from '@clusternet/client/fakes';
import { cloneJson, parseJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { systemRandom } from '@clusternet/runtime';
import { describe, expect, it } from 'vitest';
import { createDryRun } from './dry-run.ts';
import { createShadowStrategy } from './shadow-strategy.ts';

const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps', kind: 'ConfigMap', namespaced: true };
const ROLES = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'clusterroles',
  kind: 'ClusterRole',
  namespaced: false,
};
const NAMESPACES = { group: '', version: 'v1', resource: 'namespaces', kind: 'Namespace', namespaced: false };

function object(
  kind: { readonly kind: string; readonly group: string },
  more: Partial<KubeObject> = {},
): KubeObject {
  const apiVersion = kind.group === '' ? 'v1' : `${kind.group}/v1`;
  return {
    apiVersion,
    kind: kind.kind,
    metadata: { name: 'x', namespace: 'foo', uid: 'u', resourceVersion: '7' },
    ...more,
  };
}

/** The strategy of a kind before a parent that answers as the test says. */
function start(
  kind: typeof CONFIG_MAPS,
  answer: (sent: KubeObject, request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>,
) {
  const requests: FakeRequest[] = [];
  const warnings: string[] = [];
  const checked: KubeObject[] = [];
  const api = createFakeApi();
  api.intercept(async (request) => {
    requests.push(request);
    return answer(
      request.body === '' ? object(kind) : (parseJson(request.body) as unknown as KubeObject),
      request,
    );
  });
  const strategy = createShadowStrategy(
    {
      dryRun: createDryRun({ transport: api.transport, reservedNamespace: 'reserved', random: systemRandom }),
      checkEscalation: (given) => {
        checked.push(given);
        return Promise.resolve();
      },
    },
    kind,
  );
  const context: WriteContext = {
    user: { name: 'jane', groups: [], extra: new Map() },
    dryRun: false,
    fieldManager: 'tests',
    fieldValidation: 'Strict',
    warn: (text) => void warnings.push(text),
  };
  const create = async (given: KubeObject): Promise<KubeObject> => {
    await strategy.prepareCreate?.(given, context);
    return given;
  };
  const update = async (given: KubeObject, live: KubeObject): Promise<KubeObject> => {
    await strategy.prepareUpdate?.(given, live, '', context);
    return given;
  };
  return { requests, warnings, checked, create, update };
}

const created = (sent: KubeObject): FakeAnswer =>
  json(201, {
    ...sent,
    metadata: { ...sent.metadata, uid: 'theirs', managedFields: [] },
    status: {},
    filled: 'in',
  });

describe('a template that is tried out', () => {
  it('is sent as a new object of the reserved namespace, and comes back as its own', async () => {
    const { requests, create } = start(CONFIG_MAPS, created);
    const made = await create(object(CONFIG_MAPS, { data: { k: 'v' } }));
    expect(made).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'x',
        namespace: 'foo',
        uid: 'u',
        resourceVersion: '7',
        labels: { 'clusternet.io/created-by': 'clusternet-hub' },
      },
      data: { k: 'v' },
      filled: 'in',
    });
    const [{ path, query, body } = { path: '', query: new URLSearchParams(), body: '' }] = requests;
    expect(path).toBe('/api/v1/namespaces/reserved/configmaps');
    expect(Object.fromEntries(query)).toEqual({
      dryRun: 'All',
      fieldManager: 'tests',
      fieldValidation: 'Strict',
    });
    expect(JSON.parse(body)).toMatchObject({ metadata: { name: 'x', namespace: 'reserved' } });
    expect(body).not.toContain('"uid"');
  });

  it('B S-24: takes another name where its own is taken, and no trace of it stays', async () => {
    const { requests, create } = start(NAMESPACES, (sent) => {
      const { name = '' } = sent.metadata;
      if (name === 'x') return statusAnswer(409, 'AlreadyExists', 'namespaces "x" already exists');
      return created({
        ...sent,
        metadata: { ...sent.metadata, labels: { 'kubernetes.io/metadata.name': name } },
      });
    });
    const { metadata } = await create(object(NAMESPACES));
    expect(requests).toHaveLength(2);
    expect(metadata).toMatchObject({ name: 'x', labels: { 'kubernetes.io/metadata.name': 'x' } });
  });

  it('is refused in the words of the parent', async () => {
    const { create } = start(CONFIG_MAPS, () =>
      statusAnswer(403, 'Forbidden', 'configmaps "x" is forbidden: exceeded quota'),
    );
    await expect(create(object(CONFIG_MAPS))).rejects.toMatchObject({
      code: 'Forbidden',
      message: 'configmaps "x" is forbidden: exceeded quota',
    });
  });

  it('passes warnings of the parent on', async () => {
    const { create, warnings } = start(CONFIG_MAPS, (sent) => ({
      ...created(sent),
      headers: { warning: String.raw`299 - "old \"kind\"", 299 - "x"` },
    }));
    await create(object(CONFIG_MAPS));
    expect(warnings).toEqual(['old "kind"', 'x']);
  });

  it.each([
    { why: 'no answer', answer: () => Promise.reject(new Error('gone')) },
    { why: 'no Status', answer: () => ({ status: 502, headers: {}, body: '<html>' }) },
    { why: 'no object', answer: () => json(201, []) },
  ])('can be written again after $why', async ({ answer }) => {
    const { create } = start(CONFIG_MAPS, answer);
    await expect(create(object(CONFIG_MAPS))).rejects.toMatchObject({
      code: 'ServiceUnavailable',
      message: expect.stringContaining('try again') as string,
    });
  });

  it('is not, where nothing changes or nobody wants it', async () => {
    const { requests, create, update } = start(CONFIG_MAPS, created);
    const live = object(CONFIG_MAPS);
    await update({ ...cloneJson(live), metadata: { ...live.metadata, managedFields: [{}] } }, live);
    const annotations = { 'apps.clusternet.io/skip-validating': 'true' };
    await create(object(CONFIG_MAPS, { metadata: { name: 'x', namespace: 'foo', annotations } }));
    expect(requests).toEqual([]);
  });

  it('has a namespace that could be', async () => {
    const { create } = start(CONFIG_MAPS, created);
    const given = object(CONFIG_MAPS, { metadata: { name: 'x', namespace: 'a.b' } });
    await expect(create(given)).rejects.toMatchObject({
      code: 'Invalid',
      details: { causes: [{ field: 'metadata.namespace' }] },
    });
  });
});

describe('a template that the hub cannot try out', () => {
  it.each([
    {
      kind: CONFIG_MAPS,
      reason: 'Forbidden',
      code: 403,
      message: 'User "hub" cannot create resource "configmaps"',
      want: 'the hub lacks the right to create configmaps there',
    },
    {
      kind: ROLES,
      reason: 'Forbidden',
      code: 403,
      message: 'user "hub" is attempting to grant RBAC permissions not currently held',
      want: 'the hub does not hold what it grants',
    },
    {
      kind: ROLES,
      reason: 'NotFound',
      code: 404,
      message: 'clusterroles "y" not found',
      want: 'the role does not exist there',
    },
  ])('is kept with a warning: $want', async ({ kind, reason, code, message, want }) => {
    const { create, warnings } = start(kind, () => statusAnswer(code, reason, message));
    expect(await create(object(kind, { rules: [] }))).toMatchObject({ rules: [] });
    expect(warnings).toEqual([expect.stringContaining(want)]);
  });

  it('is refused where something is wrong with it', async () => {
    const { create } = start(CONFIG_MAPS, () =>
      statusAnswer(404, 'NotFound', 'the server could not find the requested resource'),
    );
    await expect(create(object(CONFIG_MAPS))).rejects.toBeInstanceOf(ApiError);
  });
});

describe('a role', () => {
  it('is held against the rights of the caller when what it grants changes', async () => {
    const { checked, create, update } = start(ROLES, created);
    const live = await create(object(ROLES, { rules: [] }));
    await update({ ...cloneJson(live), metadata: { ...live.metadata, labels: { a: 'b' } } }, live);
    expect(checked).toHaveLength(1);
    await update({ ...cloneJson(live), rules: [{ verbs: ['get'] }] }, live);
    expect(checked).toHaveLength(2);
  });
});
