import { describe, expect, it } from 'vitest';
import { matchFieldSelector, parseFieldSelector } from './field-selector.ts';
import { createSelector, formatSelector, matchSelector, parseLabelSelector } from './label-selector.ts';

describe('parseLabelSelector', () => {
  it.each([
    ['', {}, true],
    ['a=b', { a: 'b' }, true],
    ['a==b', { a: 'c' }, false],
    ['a=', { a: '' }, true],
    ['a!=b', {}, true],
    ['a!=b', { a: 'b' }, false],
    ['a in (x, y)', { a: 'y' }, true],
    ['a in (x,)', { a: '' }, true],
    ['a notin (x,y)', { a: 'z' }, true],
    ['a notin (x,y)', {}, true],
    ['a', { a: '1' }, true],
    ['!a', { a: '1' }, false],
    [' ! a , b ', { b: '' }, true],
    ['n>5', { n: '10' }, true],
    ['n<5', { n: '10' }, false],
    ['n>5', { n: 'x' }, false],
    ['x.io/a=b,c', { 'x.io/a': 'b', c: '' }, true],
    ['in in (in)', { in: 'in' }, true],
    ['toString', {}, false],
  ])('%j on %j: %s', (text, labels, want) => {
    expect(matchSelector(parseLabelSelector(text), labels as Record<string, string>)).toBe(want);
  });

  it.each(['a=b,', ',a', 'a in x', 'a in (', '!', '!a=b', 'a b', 'a=b=c', '-a', 'n>x', 'a=é'])(
    'refuses %j',
    (text) => {
      expect(() => parseLabelSelector(text)).toThrow(expect.objectContaining({ code: 'INVALID_SELECTOR' }));
    },
  );

  it.each([
    ['b,a=1', 'a=1,b'],
    ['a in (y,x,y)', 'a in (x,y)'],
    ['!a,b notin (c),d!=e,f>1,g<2', '!a,b notin (c),d!=e,f>1,g<2'],
  ])('formats %j as %j', (text, want) => {
    expect(formatSelector(parseLabelSelector(text))).toBe(want);
  });
});

describe('createSelector', () => {
  it('matches nothing when absent, everything when empty', () => {
    expect(matchSelector(createSelector(undefined), { a: '1' })).toBe(false);
    expect(matchSelector(createSelector({}), undefined)).toBe(true);
  });

  it('joins labels and expressions', () => {
    const selector = createSelector({
      matchLabels: { a: '1' },
      matchExpressions: [
        { key: 'b', operator: 'NotIn', values: ['x'] },
        { key: 'c', operator: 'Exists' },
      ],
    });
    expect(matchSelector(selector, { a: '1', c: '' })).toBe(true);
    expect(matchSelector(selector, { a: '1', b: 'x', c: '' })).toBe(false);
    expect(formatSelector(selector)).toBe('a in (1),b notin (x),c');
  });

  it.each([
    { key: 'a', operator: 'In' },
    { key: 'a', operator: 'Exists', values: ['x'] },
    { key: 'a', operator: 'Gt', values: ['1'] },
    { key: 'a b', operator: 'Exists' },
  ])('refuses %j', (expression) => {
    expect(() => createSelector({ matchExpressions: [expression] })).toThrow(
      expect.objectContaining({ code: 'INVALID_SELECTOR' }),
    );
  });
});

describe('field selectors', () => {
  const pod = { metadata: { name: 'a', namespace: 'n' }, spec: { nodeName: 'x=y', count: 3 }, status: {} };

  it.each([
    ['', true],
    ['metadata.name=a', true],
    ['metadata.name==a,metadata.namespace!=m', true],
    ['metadata.name=b', false],
    ['status.phase=', true],
    ['status.phase!=Running', true],
    ['spec.nodeName=x\\=y', true],
    ['spec.count=3', true],
    ['spec=', true],
  ])('%j: %s', (text, want) => {
    expect(matchFieldSelector(parseFieldSelector(text), pod)).toBe(want);
  });

  it.each(['metadata.name', '=a', 'a=b=c'])('refuses %j', (text) => {
    expect(() => parseFieldSelector(text)).toThrow(expect.objectContaining({ code: 'INVALID_SELECTOR' }));
  });
});
