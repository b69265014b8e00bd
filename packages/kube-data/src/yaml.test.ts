import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalJson } from './json-value.ts';
import { parseYaml, parseYamlDocuments, stringifyYaml } from './yaml.ts';

describe('parseYaml', () => {
  // Measured on sigs.k8s.io/yaml.
  it.each([
    ['on', true],
    ['Yes', true],
    ['y', true],
    ['off', false],
    ['N', false],
    ['0777', 511],
    ['0o777', 511],
    ['0b101', 5],
    ['0x1F', 31],
    ['-0x10', -16],
    ['1_000', 1000],
    ['08', 8],
    ['012', 10],
    ['1e3', 1000],
    ['1.0', 1],
    ['.5', 0.5],
    ['12:30:45', '12:30:45'],
    ['2001-12-14', '2001-12-14'],
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775808', -9223372036854775808n],
    ['18446744073709551615', 18446744073709551615n],
    ['99999999999999999999999', 1e23],
    ['~', null],
    ["'012'", '012'],
    ['!!binary aGVsbG8=', 'hello'],
    ['!!float 1', 1],
    ['!!str 7', '7'],
    ['0x', '0x'],
    ['1.2.3', '1.2.3'],
  ])('reads %s as Go does', (text, want) => {
    expect(parseYaml(`a: ${text}`)).toEqual({ a: want });
  });

  it('makes every key a text', () => {
    expect(parseYaml('on: 1\nn: 2\n3: 3\n0x10: 4\n1.5: 5\n')).toEqual({
      true: 1,
      false: 2,
      '3': 3,
      '16': 4,
      '1.5': 5,
    });
  });

  it('merges, lets the last of equal keys win, and shares nothing between aliases', () => {
    const value = parseYaml('x: &x {q: 1}\nm: {<<: *x, z: 2}\nz: *x\na: 1\na: 2\n') as Record<
      string,
      unknown
    >;
    expect(value).toEqual({ x: { q: 1 }, m: { q: 1, z: 2 }, z: { q: 1 }, a: 2 });
    expect(value['z']).not.toBe(value['x']);
  });

  it('keeps __proto__ an ordinary key', () => {
    const value = parseYaml('__proto__: {polluted: true}') as object;
    expect(Object.hasOwn(value, '__proto__')).toBe(true);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it.each(['a: [', 'a: .inf', 'a: .nan', 'a: 1\n---\nb: 2', 'a: b: c', '\ta: 1'])('refuses %j', (text) => {
    expect(() => parseYaml(text)).toThrow(expect.objectContaining({ code: 'INVALID_YAML' }));
  });

  it('refuses an alias bomb', () => {
    const levels = 'bcdefghi'.split('').map((name, index) => {
      const previous = 'abcdefgh'.charAt(index);
      return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${previous}`).join(',')}]`;
    });
    expect(() => parseYaml(`a: &a [x,x,x,x,x,x,x,x,x]\n${levels.join('\n')}`)).toThrow(
      expect.objectContaining({ code: 'INVALID_YAML' }),
    );
  });

  it('reads nothing as null', () => {
    expect([parseYaml(''), parseYaml('# only a comment\n')]).toEqual([null, null]);
  });

  it('reads JSON, also the kind that only YAML reads', () => {
    expect(parseYaml('{"a": 012}')).toEqual({ a: 10 });
    expect(parseYaml('{"a": 12, "b": [1]}')).toEqual({ a: 12, b: [1] });
  });
});

describe('parseYamlDocuments', () => {
  it('skips documents without content', () => {
    expect(parseYamlDocuments('# c\n---\n# only\n---\na: 1\n---\n---\nb: 2\n...\n')).toEqual([
      { a: 1 },
      { b: 2 },
    ]);
  });
});

describe('stringifyYaml', () => {
  it.each([
    'on',
    'y',
    'No',
    '0o7',
    '012',
    '08',
    '1_000',
    '12:30',
    '2001-12-14',
    '1e3',
    '0x1F',
    '~',
    'null',
    '',
    '.inf',
    '<<',
    '=',
  ])('quotes %j', (text) => {
    expect(stringifyYaml({ a: text })).toBe(`a: "${text}"\n`);
  });

  it('quotes keys, indents as Go does and writes exact integers', () => {
    expect(stringifyYaml({ y: 1, '<<': { b: [{ c: 1, d: [2] }] }, e: 9007199254740993n, f: 'a\nb' })).toBe(
      '"y": 1\n"<<":\n  b:\n  - c: 1\n    d:\n    - 2\ne: 9007199254740993\nf: |-\n  a\n  b\n',
    );
  });

  it('sorts keys on request', () => {
    expect(stringifyYaml({ b: 1, a: { d: 1, c: 2 } }, { sortKeys: true })).toBe('a:\n  c: 2\n  d: 1\nb: 1\n');
  });

  it('writes text of nothing but white space so that it reads back', () => {
    expect(parseYaml(stringifyYaml({ a: ' \n', '\n ': ['\t'] }))).toEqual({ a: ' \n', '\n ': ['\t'] });
  });

  it("sorts keys in Go's order: digits by value, punctuation before letters", () => {
    const keys = ['ab', 'a10', 'a9', 'a-b', 'a', 'B', 'a1b', 'a01', 'é', '10', '9', '_', 'a100', 'a9b'];
    const value = Object.fromEntries(keys.map((key) => [key, 0]));
    const text = stringifyYaml(value, { sortKeys: true });
    const sorted = text.split('\n').map((line) => line.replaceAll(/"|: 0/g, ''));
    expect(sorted).toEqual([
      '_',
      '9',
      '10',
      'B',
      'a',
      'a-b',
      'a1b',
      'a01',
      'a9',
      'a9b',
      'a10',
      'a100',
      'ab',
      'é',
      '',
    ]);
  });

  it('round-trips every text, as value and as key', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...Array.from('0123456789_:.-+eox~ynNYof<=\n #"\'')) }),
    );
    fc.assert(
      fc.property(text, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (key, number) => {
        const value = { [key]: key, list: [key, number] };
        expect(equalJson(parseYaml(stringifyYaml(value)), value)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
