import { describe, expect, it } from 'vitest';
import { encodeV2Document } from './encode-v2.ts';

/** The fields of a message, in order; what has a length as text. */
function* read(bytes: Buffer): Generator<readonly [number: number, value: Buffer | number]> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    if ((tag & 7) === 0) yield [tag >> 3, varint()];
    else {
      const length = (tag & 7) === 1 ? 8 : varint();
      yield [tag >> 3, bytes.subarray(at, at + length)];
      at += length;
    }
  }
}

/** What stands at the end of a path of field numbers, the first of each. */
function find(bytes: Buffer, ...path: readonly number[]): Buffer | number | undefined {
  let found: Buffer | number | undefined = bytes;
  for (const number of path) {
    if (!Buffer.isBuffer(found)) return undefined;
    found = [...read(found)].find(([key]) => key === number)?.[1];
  }
  return found;
}

const text = (value: Buffer | number | undefined): string => String(value);

function encodeSchema(schema: Record<string, unknown>): Buffer {
  const bytes = encodeV2Document({ swagger: '2.0', definitions: { Thing: schema } } as never);
  return find(bytes, 9, 1, 2) as Buffer;
}

describe('encodeV2Document', () => {
  it('writes what a document is', () => {
    const bytes = encodeV2Document({ swagger: '2.0', info: { title: 'Kubernetes', version: 'v1' } });
    expect(text(find(bytes, 1))).toBe('2.0');
    expect(text(find(bytes, 2, 1))).toBe('Kubernetes');
  });

  it.each([
    { why: 'a reference', schema: { $ref: '#/definitions/Other' }, path: [1], want: '#/definitions/Other' },
    { why: 'a type in its wrapper', schema: { type: 'object' }, path: [22, 1], want: 'object' },
    { why: 'an item', schema: { items: { type: 'string' } }, path: [23, 1, 22, 1], want: 'string' },
    {
      why: 'values of a map',
      schema: { additionalProperties: { type: 'string' } },
      path: [21, 1, 22, 1],
      want: 'string',
    },
    { why: 'any values of a map', schema: { additionalProperties: true }, path: [21, 2], want: '1' },
    { why: 'the name of a property', schema: { properties: { size: {} } }, path: [25, 1, 1], want: 'size' },
    {
      why: 'a property',
      schema: { properties: { size: { type: 'integer' } } },
      path: [25, 1, 2, 22, 1],
      want: 'integer',
    },
    { why: 'a default as YAML', schema: { default: { a: [1] } }, path: [5, 2], want: '{"a":[1]}' },
    { why: 'a list as a default', schema: { default: [1, 2] }, path: [5, 2], want: '[1,2]' },
    { why: 'one of a few', schema: { enum: ['a', 'b'] }, path: [20, 2], want: '"a"' },
    { why: 'a length', schema: { maxLength: 300 }, path: [11], want: '300' },
    {
      why: 'the name of an extension',
      schema: { 'x-kubernetes-list-type': 'map' },
      path: [31, 1],
      want: 'x-kubernetes-list-type',
    },
    {
      why: 'an extension',
      schema: { 'x-kubernetes-list-map-keys': ['name'] },
      path: [31, 2, 2],
      want: '["name"]',
    },
  ])('writes $why', ({ schema, path, want }) => {
    expect(text(find(encodeSchema(schema), ...path))).toBe(want);
  });

  it('writes numbers with a fraction', () => {
    const bytes = find(encodeSchema({ maximum: 1.5 }), 7) as Buffer;
    expect(bytes.readDoubleLE()).toBe(1.5);
  });

  it('writes every item of a list', () => {
    const required = [...read(encodeSchema({ required: ['a', 'b'] }))].map(([, value]) => text(value));
    expect(required).toEqual(['a', 'b']);
  });

  it('writes operations with what they are for', () => {
    const patch = {
      consumes: ['application/json'],
      parameters: [{ name: 'dryRun', in: 'query', type: 'string' }],
      responses: { 200: { description: 'OK', schema: { $ref: '#/definitions/Thing' } } },
      'x-kubernetes-action': 'patch',
    };
    const bytes = encodeV2Document({ paths: { '/things/{name}': { patch } } });
    expect(text(find(bytes, 8, 2, 1))).toBe('/things/{name}');
    const operation = find(bytes, 8, 2, 2, 7) as Buffer;
    expect(text(find(operation, 8, 1, 2, 3, 4))).toBe('dryRun');
    expect(text(find(operation, 9, 1, 1))).toBe('200');
    expect(text(find(operation, 9, 1, 2, 1, 2, 1, 1))).toBe('#/definitions/Thing');
    expect(text(find(operation, 13, 2, 2))).toBe('"patch"');
  });
});
