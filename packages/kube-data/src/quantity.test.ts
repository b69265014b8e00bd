import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addQuantities, compareQuantities, formatQuantity, parseQuantity } from './quantity.ts';

describe('formatQuantity of parseQuantity', () => {
  it.each([
    ['0', '0'],
    ['1', '1'],
    ['0.5', '500m'],
    ['1500m', '1500m'],
    ['2000m', '2'],
    ['100k', '100k'],
    ['1000', '1k'],
    ['128Mi', '128Mi'],
    ['1024Ki', '1Mi'],
    ['1.5Gi', '1536Mi'],
    ['0.1Ki', '102400m'],
    ['512Ki', '512Ki'],
    ['1e3', '1e3'],
    ['12E', '12E'],
    ['1E3', '1e3'],
    ['1e-3', '1e-3'],
    ['-2', '-2'],
    ['+2', '2'],
    ['.5', '500m'],
    ['5.', '5'],
    ['0.0000000001', '1n'],
    ['9223372036854775807', '9223372036854775807'],
    ['16Ei', '16Ei'],
  ])('%s is %s', (text, want) => {
    expect(formatQuantity(parseQuantity(text))).toBe(want);
  });

  it.each(['', '.', 'Mi', '1mi', '1 Mi', '1e', '1.2.3', '0x1', '1KI', '--1', '1e99999'])(
    'refuses %j',
    (text) => {
      expect(() => parseQuantity(text)).toThrow(expect.objectContaining({ code: 'INVALID_QUANTITY' }));
    },
  );
});

describe('addQuantities and compareQuantities', () => {
  it.each([
    [['1', '500m'], '1500m'],
    [['1Gi', '512Mi'], '1536Mi'],
    [['0', '1Gi'], '1Gi'],
    [[], '0'],
    [['9223372036854775807', '1'], '9223372036854775808'],
  ])('adds %j to %s', (values, want) => {
    expect(formatQuantity(addQuantities(...values))).toBe(want);
  });

  it('compares by value, whatever the suffix', () => {
    expect([
      compareQuantities('1', '1000m'),
      compareQuantities('1Ki', '1k'),
      compareQuantities('999m', '1'),
    ]).toEqual([0, 1, -1]);
  });

  it('formats to text of the same value', () => {
    const quantity = fc.tuple(
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.constantFrom('', 'm', 'n', 'k', 'Ki', 'Mi', 'e2', 'E'),
    );
    fc.assert(
      fc.property(quantity, ([value, suffix]) => {
        const text = `${value}${suffix}`;
        expect(compareQuantities(formatQuantity(parseQuantity(text)), text)).toBe(0);
      }),
    );
  });
});
