import type { JsonValue } from '@clusternet/kube-data';

/** What becomes of an entry: applied, discarded with a notice, or an error of the whole rendering. */
export type PatchOutcome =
  | { readonly kind: 'applied'; readonly document: JsonValue }
  | { readonly kind: 'discarded' }
  | { readonly kind: 'refused'; readonly code: string };

/** One case: what it is about, a document, a patch, and what becomes of it. */
export type PatchCase = readonly [
  why: string,
  document: JsonValue,
  patch: readonly JsonValue[],
  outcome: PatchOutcome,
];

const add = (path: string, value: JsonValue): JsonValue => ({ op: 'add', path, value });
const remove = (path: string): JsonValue => ({ op: 'remove', path });
const replace = (path: string, value: JsonValue): JsonValue => ({ op: 'replace', path, value });
const test = (path: string, value: JsonValue): JsonValue => ({ op: 'test', path, value });
const move = (from: string, path: string): JsonValue => ({ op: 'move', from, path });
const copy = (from: string, path: string): JsonValue => ({ op: 'copy', from, path });

const is = (document: JsonValue): PatchOutcome => ({ kind: 'applied', document });
const DISCARDED: PatchOutcome = { kind: 'discarded' };
const INVALID: PatchOutcome = { kind: 'refused', code: 'INVALID_PATCH' };
const UNEQUAL: PatchOutcome = { kind: 'refused', code: 'TEST_FAILED' };

const ODD = { '': 0, 'a/b': 1, 'c%d': 2, 'e^f': 3, 'g|h': 4, 'i\\j': 5, 'k"l': 6, ' ': 7, 'm~n': 8 };

/**
 * What the community suite of RFC 6902 asks, in our own words, with what Go's library makes of it where the two
 * differ (spec C §3.4). Those cases begin with "Go:".
 */
export const PATCH_CASES: readonly PatchCase[] = [
  ['no operation on an empty map', {}, [], is({})],
  ['no operation on a map', { x: 1 }, [], is({ x: 1 })],
  ['no operation, order of keys', { x: 1, y: 2 }, [], is({ y: 2, x: 1 })],
  ['no operation, order of keys in a list', [{ x: 1, y: 2 }], [], is([{ y: 2, x: 1 }])],
  ['no operation, order of keys below', { m: { x: 1, y: 2 } }, [], is({ m: { y: 2, x: 1 } })],
  ['no operation on a list', ['x'], [], is(['x'])],
  ['add replaces a null', { x: null }, [add('/x', 1)], is({ x: 1 })],
  ['add to an empty list', [], [add('/0', 'x')], is(['x'])],
  ['add a numeric text', {}, [add('/x', '1')], is({ x: '1' })],
  ['add a number', {}, [add('/x', 1)], is({ x: 1 })],
  ['add a list for the whole', {}, [add('', [])], is([])],
  ['add a map for the whole', [], [add('', {})], is({})],
  ['add a map for a map', { x: 1 }, [add('', { y: 2 })], is({ y: 2 })],
  ['append to an empty list', [], [add('/-', 'x')], is(['x'])],
  ['append a map', [1, 2], [add('/-', { x: ['y'] })], is([1, 2, { x: ['y'] }])],
  ['append levels below', [1, [2, [3]]], [add('/1/1/-', { x: 4 })], is([1, [2, [3, { x: 4 }]]])],
  ['add the empty key', {}, [add('/', 1)], is({ '': 1 })],
  ['add the empty key below', { m: {} }, [add('/m/', 1)], is({ m: { '': 1 } })],
  ['add a list', { x: 1 }, [add('/y', [1, 2])], is({ x: 1, y: [1, 2] })],
  ['add in a map in a list', { l: [{ x: 1 }] }, [add('/l/0/y', 2)], is({ l: [{ x: 1, y: 2 }] })],
  ['add far past the end', { l: [1, 2] }, [add('/l/8', 5)], INVALID],
  ['Go: add before the last but one', { l: [1, 2] }, [add('/l/-1', 5)], is({ l: [1, 2, 5] })],
  ['add true', { x: 1 }, [add('/y', true)], is({ x: 1, y: true })],
  ['add false', { x: 1 }, [add('/y', false)], is({ x: 1, y: false })],
  ['add null', { x: 1 }, [add('/y', null)], is({ x: 1, y: null })],
  ['a digit is a key of a map', { x: 1 }, [add('/0', 2)], is({ x: 1, '0': 2 })],
  ['add at the end by index', ['a'], [add('/1', 'b')], is(['a', 'b'])],
  ['add in the middle', ['a', 'c'], [add('/1', 'b')], is(['a', 'b', 'c'])],
  ['add at the start', ['b', 'c'], [add('/0', 'a')], is(['a', 'b', 'c'])],
  ['add one past the end of two', ['a', 'b'], [add('/2', 'c')], is(['a', 'b', 'c'])],
  ['add two past the end', ['a', 'b'], [add('/3', 'c')], INVALID],
  ['add by a name to a list', ['a', 'b'], [add('/x', 1)], INVALID],
  ['an added list stays a list', ['a', 'c'], [add('/1', ['b', 'd'])], is(['a', ['b', 'd'], 'c'])],
  ['a key that reads like a float', { '1e0': 'x' }, [test('/1e0', 'x')], is({ '1e0': 'x' })],
  ['no float as an index: test', ['a', 'b'], [test('/1e0', 'b')], INVALID],
  ['no float as an index: add', ['a', 'b'], [add('/1e0', 'c')], INVALID],
  ['no float as an index: remove', [1, 2, 3], [remove('/1e0')], INVALID],
  ['no float as an index: copy', { l: [1, 2] }, [copy('/l/1e0', '/x')], INVALID],
  ['no float as an index: move', { l: [1, 2] }, [move('/l/1e0', '/x')], INVALID],
  ['Go: a float on the way is a missing path', { l: [{ x: 1 }] }, [remove('/l/1e0/x')], DISCARDED],
  ['Go: a float in replace is a missing path', [''], [replace('/1e0', false)], DISCARDED],
  ['remove a list', { x: 1, l: [1, 2] }, [remove('/l')], is({ x: 1 })],
  ['remove in a map in a list', { l: [{ x: 1 }] }, [remove('/l/0/x')], is({ l: [{}] })],
  ['remove a null', { x: null }, [remove('/x')], is({})],
  ['remove the first item', [1, 2, 3], [remove('/0')], is([2, 3])],
  ['remove twice', [1, 2, 3, 4], [remove('/1'), remove('/2')], is([1, 3])],
  ['Go: a missing key in remove', { x: 1 }, [remove('/y')], DISCARDED],
  ['remove past the end', ['a', 'b'], [remove('/2')], INVALID],
  ['replace a scalar by a list', { x: 1 }, [replace('/x', [1, 2])], is({ x: [1, 2] })],
  ['replace in a map in a list', { l: [{ x: 1 }] }, [replace('/l/0/x', 2)], is({ l: [{ x: 2 }] })],
  ['replace an item', ['a'], [replace('/0', 'b')], is(['b'])],
  ['replace by 0', [''], [replace('/0', 0)], is([0])],
  ['replace by true', [''], [replace('/0', true)], is([true])],
  ['replace by false', [''], [replace('/0', false)], is([false])],
  ['replace by null', [''], [replace('/0', null)], is([null])],
  ['a list that replaces stays a list', ['a', 'b'], [replace('/1', ['c', 'd'])], is(['a', ['c', 'd']])],
  ['replace the whole', { x: 1 }, [replace('', { y: 2 })], is({ y: 2 })],
  ['replace a null', { x: null }, [replace('/x', 'y')], is({ x: 'y' })],
  ['replace a text by null', { x: 'y' }, [replace('/x', null)], is({ x: null })],
  ['Go: replace without its parent', { y: 1 }, [replace('/x/y', false)], DISCARDED],
  ['Go: replace of a missing key adds it', { y: 1 }, [replace('/x', 2)], is({ y: 1, x: 2 })],
  ['members nobody asked for', { x: 1 }, [{ op: 'test', path: '/x', value: 1, z: 1 }], is({ x: 1 })],
  ['test null', { x: null }, [test('/x', null)], is({ x: null })],
  [
    'test a map, order of keys',
    { m: { x: 1, y: 2 } },
    [test('/m', { y: 2, x: 1 })],
    is({ m: { x: 1, y: 2 } }),
  ],
  [
    'test a list of maps',
    { l: [{ x: 1, y: 2 }] },
    [test('/l', [{ y: 2, x: 1 }])],
    is({ l: [{ x: 1, y: 2 }] }),
  ],
  [
    'test a list in a map',
    { m: { l: [1, 5, 4] } },
    [test('/m', { l: [1, 5, 4] })],
    is({ m: { l: [1, 5, 4] } }),
  ],
  ['test a map against a list', { m: { l: [1, 2] } }, [test('/m', [1, 2])], UNEQUAL],
  ['test the whole', { x: 1 }, [test('', { x: 1 })], is({ x: 1 })],
  ['test the empty key', { '': 1 }, [test('/', 1)], is({ '': 1 })],
  ['test a text against a number', { x: '1' }, [test('/x', 1)], UNEQUAL],
  ['Go: test of a missing key', { x: 1 }, [test('/y', 1)], UNEQUAL],
  [
    'odd characters and escapes in paths',
    ODD,
    Object.entries({
      '/': 0,
      '/a~1b': 1,
      '/c%d': 2,
      '/e^f': 3,
      '/g|h': 4,
      '/i\\j': 5,
      '/k"l': 6,
      '/ ': 7,
      '/m~0n': 8,
    }).map(([path, value]) => test(path, value)),
    is(ODD),
  ],
  ['an escaped tilde before a digit', { '~1': 10 }, [test('/~01', 10)], is({ '~1': 10 })],
  ['move onto itself', { x: 1 }, [move('/x', '/x')], is({ x: 1 })],
  ['move to a new key', { x: 1, l: [2] }, [move('/x', '/y')], is({ l: [2], y: 1 })],
  ['move out of an item', { l: [{ x: 'y' }] }, [move('/l/0/x', '/l/1')], is({ l: [{}, 'y'] })],
  ['move a null', { x: null }, [move('/x', '/y')], is({ y: null })],
  ['move within a list', { l: ['a', 'b', 'c'] }, [move('/l/0', '/l/2')], is({ l: ['b', 'c', 'a'] })],
  ['no move into itself', { m: { x: 1 } }, [move('/m', '/m/x')], INVALID],
  ['Go: move of a missing key', { x: 1 }, [move('/y', '/z')], DISCARDED],
  ['copy a map', { l: [{ x: 1 }] }, [copy('/l/0', '/m')], is({ l: [{ x: 1 }], m: { x: 1 } })],
  ['copy a null', { x: null }, [copy('/x', '/y')], is({ x: null, y: null })],
  ['Go: copy of a missing key', { x: 1 }, [copy('/y', '/z')], is({ x: 1, z: null })],
  ['a copy is not shared', { m: {} }, [copy('/m', '/n'), add('/n/x', 1)], is({ m: {}, n: { x: 1 } })],
  ['Go: add without a value', [1], [{ op: 'add', path: '/-' }], is([1, null])],
  ['Go: replace without a value', [1], [{ op: 'replace', path: '/0' }], is([null])],
  ['Go: test without a value, of null', [null], [{ op: 'test', path: '/0' }], is([null])],
  ['test without a value, of false', [false], [{ op: 'test', path: '/0' }], UNEQUAL],
  ['Go: copy without from', [1], [{ op: 'copy', path: '/-' }], DISCARDED],
  ['Go: move without from', { x: 1 }, [{ op: 'move', path: '' }], DISCARDED],
  ['Go: an operation without a path', { x: 1 }, [{ op: 'add', value: 1 }], DISCARDED],
  ['an unknown operation', { x: 1 }, [{ op: 'spam', path: '/x', value: 1 }], INVALID],
  ['Go: leading zeros in an index, 00', ['a', 'b'], [test('/00', 'a')], is(['a', 'b'])],
  ['Go: leading zeros in an index, 01', ['a', 'b'], [test('/01', 'b')], is(['a', 'b'])],
  ['a failed test undoes what came before', { x: 1 }, [replace('/x', 2), test('/x', 1)], UNEQUAL],
  ['Go: a missing path undoes what came before', { x: 1 }, [replace('/x', 2), remove('/y')], DISCARDED],
  ['an operation that is no map', { x: 1 }, ['remove'], INVALID],
  ['Go: the last item by -1', ['a', 'b'], [replace('/-1', 'c')], is(['a', 'c'])],
  ['Go: the last item by -1 in remove', ['a', 'b'], [remove('/-1')], is(['a'])],
  ['Go: further back than the start', ['a'], [remove('/-2')], INVALID],
  ['Go: a null on the way', { x: null }, [add('/x/y', 1)], DISCARDED],
  ['Go: a scalar on the way', { x: 1 }, [add('/x/y', 1)], DISCARDED],
  ['Go: replace past the end', ['a'], [replace('/1', 'b')], DISCARDED],
];
