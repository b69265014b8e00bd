import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';

/** Keys that programs trip over, and a few plain ones so that they meet. */
export const keys: Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'name', 'items') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      '',
      'a/b',
      '~',
      '$patch',
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 5 }) },
);

/** Integers that a number cannot hold are read as such, whoever wrote them; a zero has no sign. */
function isKept(value: number): boolean {
  return !Object.is(value, -0) && (Number.isSafeInteger(value) || !Number.isInteger(value));
}

const leaves: Arbitrary<JsonValue> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter(isKept),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
  fc.string({ maxLength: 8 }),
);

/** JSON of every kind, integers beyond 2⁵³ included. */
export const json: Arbitrary<JsonValue> = fc.letrec<{
  value: JsonValue;
  object: JsonObject;
  list: JsonValue[];
}>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaves, tie('object'), tie('list')),
  object: fc
    .array(fc.tuple(keys, tie('value')), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries) as JsonObject),
  list: fc.array(tie('value'), { maxLength: 3 }),
})).value;

/** A JSON object. */
export const jsonObject: Arbitrary<JsonObject> = fc
  .array(fc.tuple(keys, json), { maxLength: 4 })
  .map((entries) => Object.fromEntries(entries) as JsonObject);

/** Text that is nearly what it should be: some of it cut out, doubled or overwritten. */
export function broken(text: Arbitrary<string>, alphabet: readonly string[]): Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(),
    length: fc.nat({ max: 3 }),
    insert: fc.oneof(fc.constantFrom(...alphabet), fc.string({ maxLength: 2 }), fc.constant('')),
  });
  return fc.tuple(text, fc.array(edit, { maxLength: 3 })).map(([whole, edits]) =>
    edits.reduce((current, { at, length, insert }) => {
      const position = at % (current.length + 1);
      return current.slice(0, position) + insert + current.slice(position + length);
    }, whole),
  );
}
