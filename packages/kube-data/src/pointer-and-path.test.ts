import { describe, expect, it } from 'vitest';
import { evaluateJsonPath } from './json-path.ts';
import { formatPointer, getByPointer, parsePointer } from './pointer.ts';

describe('JSON pointers', () => {
  it.each([
    ['', []],
    ['/', ['']],
    ['/a~1b/m~0n/~01', ['a/b', 'm~n', '~1']],
  ])('%j is %j and back', (text, tokens) => {
    expect(parsePointer(text)).toEqual(tokens);
    expect(formatPointer(tokens)).toBe(text);
  });

  it.each(['a', '/~', '/~2'])('refuses %j', (text) => {
    expect(() => parsePointer(text)).toThrow(expect.objectContaining({ code: 'INVALID_POINTER' }));
  });

  it.each([
    ['/a/0/b', 1],
    ['/a/00/b', undefined],
    ['/a/-', undefined],
    ['/a/5', undefined],
    ['/constructor', undefined],
    ['/a/0/b/c', undefined],
  ])('gets %s', (pointer, want) => {
    expect(getByPointer({ a: [{ b: 1 }] }, pointer)).toBe(want);
  });
});

describe('evaluateJsonPath', () => {
  const object = {
    metadata: { name: 'x', annotations: { 'a.b/c': 'dotted' } },
    spec: { ports: [{ port: 80, name: 'web' }, { port: 443, name: 'tls' }, { port: 9 }], ips: ['1', '2'] },
    status: {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'ClusterInit', status: 'False' },
      ],
    },
  };

  it.each([
    ['.metadata.name', ['x']],
    ['{.metadata.name}', ['x']],
    ['$.metadata.name', ['x']],
    ['.', [object]],
    ['.metadata.annotations.a\\.b/c', ['dotted']],
    [".metadata.annotations['a.b/c']", ['dotted']],
    [".status.conditions[?(@.type=='Ready')].status", ['True']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    ['.status.conditions[?(@.type != "Ready")].type', ['ClusterInit']],
    ['.spec.ports[?(@.port>=443)].name', ['tls']],
    ['.spec.ports[?(@.port<80)].port', [9]],
    ['.spec.ports[?(@.name)].port', [80, 443]],
    ['.spec.ports[0].port', [80]],
    ['.spec.ports[-1].port', [9]],
    ['.spec.ports[1:].port', [443, 9]],
    ['.spec.ports[0:3:2].port', [80, 9]],
    ['.spec.ports[*].port', [80, 443, 9]],
    ['.spec.ips', [['1', '2']]],
    ['.spec.ips.*', ['1', '2']],
    ['..port', [80, 443, 9]],
    ["['metadata','spec']['name','ips']", ['x', ['1', '2']]],
    ['.nothing.here', []],
    ['.spec.ips[7]', []],
    ['.metadata.constructor', []],
  ])('%s', (expression, want) => {
    expect(evaluateJsonPath(object, expression)).toEqual(want);
  });

  it.each(['.a[', '.a[?(x)]', '.a[b]', '.a[::0]', '.a b', '...a', '.a[?(@.b==c)]'])(
    'refuses %j',
    (expression) => {
      expect(() => evaluateJsonPath(object, expression)).toThrow(
        expect.objectContaining({ code: 'INVALID_JSON_PATH' }),
      );
    },
  );
});
