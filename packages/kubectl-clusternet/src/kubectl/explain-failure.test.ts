import { describe, expect, it } from 'vitest';
import { planHint } from './explain-failure.ts';

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
