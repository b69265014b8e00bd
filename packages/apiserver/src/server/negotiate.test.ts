import { describe, expect, it } from 'vitest';
import { negotiate } from './negotiate.ts';

const TABLE = new Set(['Table.v1.meta.k8s.io']);

describe('negotiate', () => {
  it.each([
    [undefined, { mediaType: 'application/json' }],
    ['*/*', { mediaType: 'application/json' }],
    ['application/yaml', { mediaType: 'application/yaml' }],
    ['application/vnd.kubernetes.protobuf,application/json', { mediaType: 'application/json' }],
    [
      'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
      { mediaType: 'application/json', as: { kind: 'Table', version: 'v1', group: 'meta.k8s.io' } },
    ],
    ['application/json;as=Table;v=v9;g=meta.k8s.io,application/yaml', { mediaType: 'application/yaml' }],
    ['application/yaml;q=0.5,application/json;q=0.9', { mediaType: 'application/json' }],
  ])('%s', (accept, want) => {
    expect(negotiate(new Map(accept === undefined ? [] : [['accept', [accept]]]), TABLE)).toEqual(want);
  });

  it('refuses what asks for protobuf only', () => {
    expect(() => negotiate(new Map([['accept', ['application/vnd.kubernetes.protobuf']]]))).toThrow(
      /media types/,
    );
  });
});
