import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectAt, objectsAt } from '../built-in/fields.ts';
import { startControlPlane } from '../control-plane/start-control-plane.ts';
import type { ControlPlane } from '../control-plane/start-control-plane.ts';
import { createTestHttp, eventually } from '../testing/plane-http.fixture.ts';
import type { TestHttp } from '../testing/plane-http.fixture.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const KIND = { apiVersion: 'example.com/v1', kind: 'Widget' };
const WIDGETS = '/apis/example.com/v1/namespaces/default/widgets';

function createCrd(versions: readonly string[]) {
  return {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] },
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  size: { type: 'integer', minimum: 1, default: 3 },
                  replicas: { type: 'integer' },
                },
              },
              status: {
                type: 'object',
                properties: { phase: { type: 'string' }, replicas: { type: 'integer' } },
              },
            },
          },
        },
      })),
    },
  };
}

describe('custom resources', () => {
  let plane: ControlPlane;
  let http: TestHttp;

  beforeAll(async () => {
    plane = await startControlPlane();
    http = await createTestHttp(plane);
    expect((await http.post(CRDS, createCrd(['v1', 'v1beta1']))).code).toBe(201);
  });

  afterAll(() => plane[Symbol.asyncDispose]());

  it('are served as soon as they are defined, and said to be', async () => {
    expect((await http.call(WIDGETS)).code).toBe(200);
    const status = await eventually(async () => {
      const found = objectAt(await http.get(`${CRDS}/widgets.example.com`), 'status');
      return objectsAt(found, 'conditions').length === 2 ? found : undefined;
    });
    expect(status).toMatchObject({
      acceptedNames: { kind: 'Widget', listKind: 'WidgetList', singular: 'widget' },
      storedVersions: ['v1'],
    });
  });

  it('are pruned, defaulted and checked', async () => {
    const { body } = await http.post(WIDGETS, {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'a' },
      spec: { odd: 1 },
    });
    expect(body['spec']).toEqual({ size: 3 });
    const wrong = await http.post(WIDGETS, { ...KIND, metadata: { name: 'b' }, spec: { size: 0 } });
    expect(wrong.body).toMatchObject({
      code: 422,
      message:
        'Widget.example.com "b" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1',
    });
  });

  it('keep status and spec apart', async () => {
    await http.post(WIDGETS, { ...KIND, metadata: { name: 's' }, spec: { size: 1 } });
    const patch = (path: string, body: unknown) =>
      http.call(`${WIDGETS}/s${path}`, {
        method: 'PATCH',
        contentType: 'application/merge-patch+json',
        body,
      });
    await patch('/status', { spec: { size: 9 }, status: { phase: 'x' } });
    await patch('', { status: { phase: 'y' } });
    expect(await http.get(`${WIDGETS}/s`)).toMatchObject({
      metadata: { generation: 1 },
      spec: { size: 1 },
      status: { phase: 'x' },
    });
    await patch('', { spec: { size: 2 } });
    expect(await http.get(`${WIDGETS}/s`)).toMatchObject({ metadata: { generation: 2 }, spec: { size: 2 } });
  });

  it('have their scale and their columns', async () => {
    await http.post(WIDGETS, { ...KIND, metadata: { name: 'c' }, spec: { size: 4, replicas: 2 } });
    expect(await http.get(`${WIDGETS}/c/scale`)).toMatchObject({ kind: 'Scale', spec: { replicas: 2 } });
    const table = await http.call(`${WIDGETS}/c`, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    expect(objectsAt(table.body, 'rows')[0]?.['cells']).toEqual(['c', 4]);
  });

  it('are one object in all their versions', async () => {
    await http.post(WIDGETS, { ...KIND, metadata: { name: 'v' }, spec: { size: 5 } });
    const other = WIDGETS.replace('/v1/', '/v1beta1/');
    expect(await http.get(`${other}/v`)).toMatchObject({
      apiVersion: 'example.com/v1beta1',
      spec: { size: 5 },
    });
    await http.call(`${other}/v`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { spec: { size: 6 } },
    });
    expect(await http.get(`${WIDGETS}/v`)).toMatchObject({ apiVersion: 'example.com/v1', spec: { size: 6 } });
  });

  it('do not take strategic merge patches', async () => {
    const patch = { method: 'PATCH', contentType: 'application/strategic-merge-patch+json', body: {} };
    expect((await http.call(`${WIDGETS}/a`, patch)).code).toBe(415);
  });

  it('go with their definition, once their finalizers are off', async () => {
    await http.post(WIDGETS, { ...KIND, metadata: { name: 'held', finalizers: ['example.com/hold'] } });
    await http.call(`${CRDS}/widgets.example.com`, { method: 'DELETE' });
    await eventually(async () =>
      objectsAt(await http.get(WIDGETS), 'items').length === 1 ? true : undefined,
    );
    expect((await http.call(`${CRDS}/widgets.example.com`)).code).toBe(200);
    const off = {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { metadata: { finalizers: null } },
    };
    await http.call(`${WIDGETS}/held`, off);
    await eventually(async () =>
      (await http.call(`${CRDS}/widgets.example.com`)).code === 404 ? true : undefined,
    );
    expect((await http.call(WIDGETS)).code).toBe(404);
  });

  it('need a structural schema', async () => {
    const crd = createCrd(['v1']);
    const bad = {
      ...crd,
      spec: {
        ...crd.spec,
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { spec: {} } } },
          },
        ],
      },
    };
    expect((await http.post(CRDS, bad)).body['message']).toContain('properties[spec].type: Required value');
  });
});
