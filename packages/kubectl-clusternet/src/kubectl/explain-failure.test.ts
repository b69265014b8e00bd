import { describe, expect, it } from 'vitest';
import { isFatal, planHint } from './explain-failure.ts';

const hint = (
  statuses: readonly number[],
  { cluster, child = false, isServed = true }: { cluster?: string; child?: boolean; isServed?: boolean } = {},
): string =>
  planHint({ program: 'kc', statuses: new Set(statuses), cluster, hasChildKubeconfig: child }, isServed);

describe('planHint', () => {
  it.each([
    { why: 'the object is not there', given: hint([404]), want: '' },
    {
      why: 'there are no templates',
      given: hint([404], { isServed: false }),
      want: 'serves no templates: `kc doctor`',
    },
    { why: 'a login ran out', given: hint([401]), want: 'log in anew' },
    { why: 'one arrives as nobody', given: hint([403], { cluster: 'east' }), want: 'east refused something' },
    { why: 'a credential was brought', given: hint([403], { cluster: 'east', child: true }), want: '' },
    { why: 'one may not', given: hint([403]), want: '' },
    { why: 'an agent is away', given: hint([400], { cluster: 'east' }), want: '`kc doctor east` says where' },
  ])('$why', ({ given, want }) => {
    if (want === '') expect(given).toBe('');
    else expect(given).toContain(want);
  });
});

describe('isFatal', () => {
  const first = { method: 'GET', url: '/api', isFirst: true };
  it.each([
    { why: 'nobody is there', failure: { ...first, status: undefined }, want: [true, true] },
    { why: 'a login does not count', failure: { ...first, status: 401 }, want: [true, true] },
    { why: 'the agent is away', failure: { ...first, status: 400 }, want: [false, true] },
    { why: 'the hub is away', failure: { ...first, status: 503 }, want: [false, true] },
    { why: 'one may not', failure: { ...first, status: 403 }, want: [false, true] },
    {
      why: 'something worked before',
      failure: { ...first, isFirst: false, status: undefined },
      want: [false, false],
    },
    {
      why: 'something was to be written',
      failure: { ...first, method: 'POST', status: 401 },
      want: [false, false],
    },
  ])('$why: for templates, and in a cluster', ({ failure, want }) => {
    expect([isFatal(failure, false), isFatal(failure, true)]).toEqual(want);
  });
});
