import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { settles } from './shadow-objects.ts';
import { startShadowParent } from './shadow-parent.ts';
import type { Answer, ShadowParent } from './shadow-parent.ts';

let parent: ShadowParent;
beforeAll(async () => {
  parent = await startShadowParent();
});
afterAll(async () => {
  await parent[Symbol.asyncDispose]();
});

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

function crd(plural: string, kind: string, group = 'example.com', more: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, kind, singular: kind.toLowerCase() },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' },
          },
          additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: { type: 'object', properties: { size: { type: 'integer', minimum: 1, default: 3 } } },
                status: { type: 'object', properties: { size: { type: 'integer' } } },
              },
            },
          },
          ...more,
        },
      ],
    },
  };
}

async function findResource(name: string): Promise<JsonObject | undefined> {
  const { body } = await parent.shadow('');
  return (body['resources'] as JsonObject[]).find((item) => item['name'] === name);
}

const install = async (body: JsonObject): Promise<void> => {
  expect((await parent.call(CRDS, { method: 'POST', body })).code).toBe(201);
  const { plural } = (body['spec'] as { names: { plural: string } }).names;
  await eventually(`${plural} to be shadowed`, () => findResource(plural));
};
const namesOf = ({ body }: Answer): unknown[] =>
  (body['items'] as unknown as KubeObject[]).map(({ metadata }) => metadata.name);

function headersOf({ body }: Answer): unknown[] {
  return (body['columnDefinitions'] as JsonObject[]).map(({ name }) => name);
}

describe('kinds of templates', () => {
  it('are listed with group and version of their objects', async () => {
    expect(await findResource('deployments')).toEqual({
      name: 'deployments',
      singularName: 'deployment',
      namespaced: true,
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      categories: ['clusternet.shadow'],
    });
    expect(await findResource('deployments/scale')).toMatchObject({ group: 'autoscaling', kind: 'Scale' });
    for (const name of ['apiservices', 'tokenreviews', 'subscriptions', 'deployments/status'])
      expect(await findResource(name), name).toBeUndefined();
  });

  it('come and go with definitions, and B S-15 take nothing with them', async () => {
    await install(crd('foos', 'Foo'));
    await install(crd('foosbars', 'FooBar'));
    expect(await findResource('foos'), 'B S-35').toMatchObject({
      group: 'example.com',
      version: 'v1',
      kind: 'Foo',
    });
    const foo = { apiVersion: 'example.com/v1', kind: 'Foo', metadata: { name: 'a' }, spec: {} };
    const path = '/namespaces/foo/foos';
    const created = await parent.shadow(path, { method: 'POST', body: foo });
    expect(created).toMatchObject({ code: 201, body: { spec: { size: 3 } } });
    const invalid = { ...foo, metadata: { name: 'b' }, spec: { size: 0 } };
    expect((await parent.shadow(path, { method: 'POST', body: invalid })).code).toBe(422);
    const scale = {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { spec: { replicas: 5 } },
    } as const;
    expect((await parent.shadow(`${path}/a/scale`, scale)).body, 'B S-30').toMatchObject({
      spec: { replicas: 5 },
    });
    expect((await parent.shadow(`${path}/a/status`, scale)).code).toBe(405);
    const table = await parent.shadow(path, { accept: TABLE });
    expect(headersOf(table)).toEqual(['Name', 'Size']);
    expect(table.body['rows']).toMatchObject([{ cells: ['a', 5] }]);

    await parent.call(`${CRDS}/foos.example.com`, { method: 'DELETE' });
    await eventually('foos to be gone', async () => (await findResource('foos')) === undefined);
    expect((await parent.shadow(path)).code).toBe(404);
    expect((await parent.shadow('/foosbars')).code).toBe(200);
    expect((await parent.manifest('foos.foo.a')).kind).toBe('Manifest');
  });

  it('B S-15: a plural of a built-in kind stays with that', async () => {
    const group = 'serving.example.com';
    await parent.call(CRDS, { method: 'POST', body: crd('services', 'Service', group) });
    await install(crd('latecomers', 'Latecomer'));
    expect(await findResource('services')).toMatchObject({ version: 'v1', kind: 'Service' });
    await parent.call(`${CRDS}/services.${group}`, { method: 'DELETE' });
    expect((await parent.shadow('/services')).code).toBe(200);
  });

  it('B S-16: of one name are two in two groups', async () => {
    await install(crd('othermaps', 'ConfigMap'));
    const metadata = { name: 'same' };
    const other = { apiVersion: 'example.com/v1', kind: 'ConfigMap', metadata };
    expect((await parent.shadow('/namespaces/foo/othermaps', { method: 'POST', body: other })).code).toBe(
      201,
    );
    expect(namesOf(await parent.shadow('/namespaces/foo/configmaps'))).toEqual([]);
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
    expect((await parent.shadow('/namespaces/foo/configmaps', { method: 'POST', body: map })).code).toBe(201);
    expect(namesOf(await parent.shadow('/othermaps'))).toEqual(['same']);
  });

  it('are served as the definition is now', async () => {
    await install(crd('changing', 'Changing'));
    const additionalPrinterColumns = [{ name: 'Note', type: 'string', jsonPath: '.spec.note' }];
    const [version] = (
      crd('changing', 'Changing', 'example.com', { additionalPrinterColumns })['spec'] as {
        versions: JsonObject[];
      }
    ).versions;
    await parent.call(`${CRDS}/changing.example.com`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { spec: { versions: [version] } },
    });
    await settles(async () => headersOf(await parent.shadow('/changing', { accept: TABLE }))).toEqual([
      'Name',
      'Note',
    ]);
  });

  it('B S-20: have Tables, every one of them', async () => {
    const { body } = await parent.shadow('');
    const kinds = (body['resources'] as JsonObject[])
      .map(({ name }) => name as string)
      .filter((name) => !name.includes('/'));
    expect(kinds.length).toBeGreaterThan(30);
    for (const name of kinds) {
      const answer = await parent.shadow(`/${name}`, { accept: TABLE });
      expect(answer.code, name).toBe(200);
      expect(headersOf(answer), name).toContain('Name');
    }
    expect(headersOf(await parent.shadow('/deployments', { accept: TABLE })).slice(0, 5)).toEqual([
      'Name',
      'Ready',
      'Up-to-date',
      'Available',
      'Age',
    ]);
    expect(headersOf(await parent.shadow('/clusterroles', { accept: TABLE }))).toEqual(['Name', 'Age']);
    expect(headersOf(await parent.shadow('/customresourcedefinitions', { accept: TABLE }))).toEqual([
      'Name',
      'Created At',
    ]);
  });

  it('are explained by OpenAPI v3, and not a second time by v2', async () => {
    const { body } = await parent.hub('/openapi/v3');
    const { serverRelativeURL = '' } =
      (body['paths'] as Record<string, { serverRelativeURL: string }>)['apis/shadow/v1alpha1'] ?? {};
    const document = (await parent.hub(serverRelativeURL)).body as {
      paths: Record<string, { get: JsonObject }>;
      components: { schemas: Record<string, JsonObject> };
    };
    const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };
    expect(
      document.paths['/apis/shadow/v1alpha1/namespaces/{namespace}/deployments']?.get[
        'x-kubernetes-group-version-kind'
      ],
    ).toEqual(kind);
    const schema = document.components.schemas['io.k8s.api.apps.v1.Deployment'];
    expect(schema?.['x-kubernetes-group-version-kind']).toEqual([kind]);
    expect(document.components.schemas).toHaveProperty([
      'io.k8s.api.core.v1.PodSpec',
      'properties',
      'containers',
    ]);
    const { definitions } = (await parent.hub('/openapi/v2')).body as { definitions: JsonObject };
    expect(Object.keys(definitions).filter((name) => name.includes('Deployment'))).toEqual([]);
  });

  it('a definition that the parent has is created as it is there', async () => {
    const own = crd('definitions', 'Definition');
    await install(own);
    const other = crd('definitions', 'Definition', 'example.com', { additionalPrinterColumns: [] });
    const created = await parent.shadow('/customresourcedefinitions', { method: 'POST', body: other });
    expect(created).toMatchObject({
      code: 201,
      body: { spec: { versions: [{ additionalPrinterColumns: [{ name: 'Size' }] }] } },
    });
    expect(created.body).not.toHaveProperty('status');
  });
});
