import type { JsonObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { applySchemaDefaults } from './apply-defaults.ts';
import { dropUnknownFields } from './drop-unknown-fields.ts';
import { findTypeMismatch } from './find-type-mismatch.ts';
import { linkDefinitions } from './open-api-schema.ts';
import type { OpenApiSchema } from './open-api-schema.ts';
import { validateSchema } from './validate-schema.ts';

const schema: OpenApiSchema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, default: 3 },
        color: { type: 'string', enum: ['red', 'blue'] },
        port: { 'x-kubernetes-int-or-string': true },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        items: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: { type: 'string', pattern: '^[a-z]+$' } } },
        },
      },
    },
  },
};

function thing(spec: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'x', anything: 1 }, spec };
}

describe('dropUnknownFields', () => {
  it('takes out what the schema does not know, and names it', () => {
    const object = thing({
      size: 1,
      wrong: 2,
      free: { kept: 1 },
      labels: { a: '1' },
      items: [{ name: 'a', odd: 1 }],
    });
    expect(dropUnknownFields(object, schema, true)).toEqual(['spec.wrong', 'spec.items[0].odd']);
    expect(object['spec']).toEqual({
      size: 1,
      free: { kept: 1 },
      labels: { a: '1' },
      items: [{ name: 'a' }],
    });
    expect(object['metadata']).toEqual({ name: 'x', anything: 1 });
  });
});

describe('applySchemaDefaults', () => {
  it('fills in what is absent, inside of what is there', () => {
    const [empty, full] = [thing({}), thing({ size: 7 })];
    applySchemaDefaults(empty, schema);
    applySchemaDefaults(full, schema);
    expect([empty['spec'], full['spec']]).toEqual([{ size: 3 }, { size: 7 }]);
    const bare: JsonObject = {};
    applySchemaDefaults(bare, schema);
    expect(bare).toEqual({});
  });
});

describe('validateSchema', () => {
  it.each([
    [{ size: 0 }, 'spec.size', 'Invalid value: 0: spec.size in body should be greater than or equal to 1'],
    [
      { size: 'x' },
      'spec.size',
      'Invalid value: "string": spec.size in body must be of type integer: "string"',
    ],
    [{}, 'spec.size', 'Required value'],
    [
      { size: 1, color: 'green' },
      'spec.color',
      'Unsupported value: "green": supported values: "red", "blue"',
    ],
    [
      { size: 1, port: true },
      'spec.port',
      'Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
    ],
    [{ size: 1, items: [{ name: 'a' }, { name: 'a' }] }, 'spec.items[1]', 'Duplicate value: {"name":"a"}'],
    [
      { size: 1, items: [{ name: 'A' }] },
      'spec.items[0].name',
      `Invalid value: "A": spec.items[0].name in body should match '^[a-z]+$'`,
    ],
  ])('%j', (spec, field, message) => {
    expect(validateSchema(thing(spec), schema, '')).toEqual([expect.objectContaining({ field, message })]);
  });

  it('has nothing to say about a valid object', () => {
    expect(
      validateSchema(thing({ size: 1, port: 'http', color: 'red', free: { a: [1] } }), schema, ''),
    ).toEqual([]);
  });
});

describe('findTypeMismatch', () => {
  it('speaks as the Go decoder does', () => {
    const linked = linkDefinitions({
      'a.Spec': { type: 'object', properties: { replicas: { type: 'integer', format: 'int32' } } },
      'a.Thing': { type: 'object', properties: { spec: { $ref: '#/definitions/a.Spec' } } },
    });
    expect(findTypeMismatch({ spec: { replicas: 'two' } }, linked.get('a.Thing') ?? {}, 'Thing')).toBe(
      'json: cannot unmarshal string into Go struct field Spec.spec.replicas of type int32',
    );
  });
});
