import { describe, expect, it } from 'vitest';
import { findJsonMistake } from './find-json-mistake.ts';

describe('findJsonMistake', () => {
  it.each(['{}', '[]', ' {"a": [1, -2.5e+3, "x\\u00e9\\n", true, false, null, {}]} ', '0', '"a"'])(
    'reads %s',
    (text) => {
      expect(findJsonMistake(text)).toBeUndefined();
    },
  );

  // What Go 1.26 prints for these.
  it.each([
    ['', 'unexpected end of JSON input'],
    ['{"a":', 'unexpected end of JSON input'],
    ['"a', 'unexpected end of JSON input'],
    ['tru', "invalid character ' ' in literal true (expecting 'e')"],
    ['"\\u12', "invalid character ' ' in \\u hexadecimal character escape"],
    ['-', "invalid character ' ' in numeric literal"],
    ['hello', "invalid character 'h' looking for beginning of value"],
    ['{} x', "invalid character 'x' after top-level value"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['-a', "invalid character 'a' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1e+x', "invalid character 'x' in exponent of numeric literal"],
    ['01', "invalid character '1' after top-level value"],
    ['trus', "invalid character 's' in literal true (expecting 'e')"],
    ['\ufeff{}', "invalid character 'ï' looking for beginning of value"],
    ['\u0001', "invalid character '\\x01' looking for beginning of value"],
  ])('%j: %s', (text, want) => {
    expect(findJsonMistake(text)).toBe(want);
  });

  it('reads 10,000 levels and no more', () => {
    expect(findJsonMistake('['.repeat(10_000) + ']'.repeat(10_000))).toBeUndefined();
    expect(findJsonMistake('['.repeat(10_001) + ']'.repeat(10_001))).toBe(
      "invalid character '[' exceeded max depth",
    );
  });
});
