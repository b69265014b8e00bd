import { describe, expect, it } from 'vitest';
import { labelsAt, numberAt, objectAt, objectsAt, textAt, textsAt } from './json-fields.ts';

describe('fields of JSON of any shape', () => {
  const given = {
    object: { a: 1 },
    list: [{ b: 1 }, 'x', null],
    text: 't',
    number: 2,
    map: { k: 'v', n: 1 },
  };

  it('are read where they are of the type asked for', () => {
    expect(objectAt(given, 'object')).toEqual({ a: 1 });
    expect(objectsAt(given, 'list')).toEqual([{ b: 1 }]);
    expect(textsAt(given, 'list')).toEqual(['x']);
    expect(textAt(given, 'text')).toBe('t');
    expect(numberAt(given, 'number')).toBe(2);
    expect(labelsAt(given, 'map')).toEqual({ k: 'v' });
  });

  it.each([undefined, null, 'text', [], { text: 1, list: {}, object: [] }])('are empty in %j', (parent) => {
    expect(objectAt(parent, 'object')).toBeUndefined();
    expect(objectsAt(parent, 'list')).toEqual([]);
    expect(textsAt(parent, 'list')).toEqual([]);
    expect(textAt(parent, 'text')).toBe('');
    expect(numberAt(parent, 'number')).toBeUndefined();
    expect(labelsAt(parent, 'map')).toEqual({});
  });
});
