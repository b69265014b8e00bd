import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeEntry, formatInventory, parseInventory } from './inventory.ts';

const text = fc.string({ minLength: 1, maxLength: 8 });
const apiVersion = fc.constantFrom('v1', 'apps/v1', 'example.com/v1beta1');
const entry = fc.record({
  apiVersion,
  kind: text,
  namespace: fc.string({ maxLength: 8 }),
  name: text,
});

describe('the inventory annotation', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
        const parsed = parseInventory(formatInventory(entries));
        expect(parsed).toHaveLength(entries.length);
        expect(parsed).toEqual(expect.arrayContaining(entries));
      }),
    );
  });

  it('is the same text for the same objects in any order', () => {
    const a = { apiVersion: 'v1', kind: 'Secret', namespace: 'n', name: 'a' };
    const b = { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: 'b' };
    expect(formatInventory([a, b])).toBe(formatInventory([b, a]));
    expect(formatInventory([b])).toBe('[{"apiVersion":"v1","kind":"Namespace","name":"b"}]');
  });

  it.each([undefined, '', '[]'])('%j means that nothing was delivered', (given) => {
    expect(parseInventory(given)).toEqual([]);
  });

  it.each([
    'x',
    '{}',
    '[1]',
    '[{"kind":"Secret","name":"a"}]',
    '[{"apiVersion":"v1","kind":"Secret"}]',
    '[{"apiVersion":"a/b/c","kind":"Secret","name":"a"}]',
    '[{"apiVersion":"v1","kind":"Secret","name":""}]',
    '[{"apiVersion":"v1","kind":"Secret","name":"a","namespace":3}]',
  ])('%s is refused: pruning by a guess would delete or leak', (given) => {
    expect(() => parseInventory(given)).toThrow(expect.objectContaining({ code: 'INVALID_INVENTORY' }));
  });

  it('describes an object for people', () => {
    const found = { apiVersion: 'v1', kind: 'Secret', namespace: 'n', name: 'a' };
    expect([describeEntry(found), describeEntry({ ...found, namespace: '' })]).toEqual([
      'Secret n/a',
      'Secret a',
    ]);
  });
});
