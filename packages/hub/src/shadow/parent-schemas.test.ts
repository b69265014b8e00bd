import { getFieldSchema } from '@clusternet/apiserver';
import { json } from '@clusternet/client/fakes';
import type { FakeAnswer } from '@clusternet/client/fakes';
import { describe, expect, it } from 'vitest';
import { startFakeParent } from './fake-parent.fixture.ts';
import { createParentSchemas } from './parent-schemas.ts';

const { signal } = new AbortController();

const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };
const v3 = (image: string): FakeAnswer =>
  json(200, {
    components: {
      schemas: {
        Deployment: {
          type: 'object',
          properties: { spec: { default: {}, allOf: [{ $ref: '#/components/schemas/Spec' }] } },
          'x-kubernetes-group-version-kind': [kind],
        },
        Spec: {
          type: 'object',
          properties: {
            image: { type: 'string', default: image },
            list: { items: { type: 'string', default: '' } },
          },
        },
        DeleteOptions: { type: 'object', 'x-kubernetes-group-version-kind': [kind, kind] },
      },
    },
  });

describe('createParentSchemas', () => {
  const index = (hash: string): FakeAnswer =>
    json(200, { paths: { 'apis/apps/v1': { serverRelativeURL: `/openapi/v3/apis/apps/v1?hash=${hash}` } } });

  it('reads a document once, until it is another, and names it by what it says', async () => {
    let [hash, image] = ['1', 'a'];
    const { deps, asked } = startFakeParent(
      new Map([
        ['/openapi/v3', () => index(hash)],
        ['/openapi/v3/apis/apps/v1', () => v3(image)],
      ]),
    );
    const schemas = createParentSchemas(deps);
    const read = async () => {
      expect(await schemas.refresh(new Set(['apps/v1', 'v1']), signal)).toBe(true);
      return schemas.find('apps/v1', 'Deployment');
    };
    const first = await read();
    await read();
    expect(asked.filter((path) => path.endsWith('/apps/v1'))).toHaveLength(1);
    hash = '2';
    expect((await read())?.revision).toBe(first?.revision);
    [hash, image] = ['3', 'b'];
    expect((await read())?.revision).not.toBe(first?.revision);
    const spec = getFieldSchema(first?.schema, 'spec');
    expect(spec).toMatchObject({ default: {}, $ref: '#/definitions/Spec' });
    expect(getFieldSchema(spec, 'image')?.default).toBe('a');
    expect(getFieldSchema(spec, 'list')?.items).toEqual({ type: 'string' });
    expect(first?.name).toBe('Deployment');
  });

  it('reads version 2 of a parent that has no other', async () => {
    const definitions = {
      Deployment: { type: 'object', properties: {}, 'x-kubernetes-group-version-kind': [kind] },
    };
    const { deps } = startFakeParent(new Map([['/openapi/v2', () => json(200, { definitions })]]));
    const schemas = createParentSchemas(deps);
    expect(await schemas.refresh(new Set(['apps/v1']), signal)).toBe(true);
    expect(schemas.find('apps/v1', 'Deployment')?.name).toBe('Deployment');
  });

  it('goes on without what cannot be read, and says that it is not all', async () => {
    const { deps } = startFakeParent(new Map([['/openapi/v3', () => index('1')]]));
    const schemas = createParentSchemas(deps);
    expect(await schemas.refresh(new Set(['apps/v1']), signal)).toBe(false);
    expect(schemas.find('apps/v1', 'Deployment')).toBeUndefined();
    expect(await createParentSchemas(startFakeParent(new Map()).deps).refresh(new Set(), signal)).toBe(false);
  });
});
