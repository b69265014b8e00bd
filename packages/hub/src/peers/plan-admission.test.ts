import { describe, expect, it } from 'vitest';
import { goTokenOf, planAdmission } from './plan-admission.ts';
import type { Peer } from './plan-directory.ts';

const TOKEN = 'a'.repeat(64);
const GO: Peer = {
  id: 'ggggg',
  identity: '',
  host: '10.0.0.1',
  port: 8123,
  token: 'Cheugy',
  versions: [],
  isOwn: false,
  isFresh: true,
};
const OWN: Peer = { ...GO, id: 'bbbbb', token: goTokenOf('bbbbb', TOKEN), versions: [2], isOwn: true };

describe('planAdmission', () => {
  const own = (token: string, role: string | undefined, id = 'bbbbb') => ({
    'x-api-tunnel-id': id,
    'x-api-tunnel-token': token,
    ...(role === undefined ? {} : { 'x-clusternet-peer': role }),
  });
  it.each([
    { why: 'one of ours', given: own(TOKEN, 'hub'), want: { id: 'bbbbb', kind: 'hub' } },
    {
      why: 'one of ours whose Lease nobody has seen yet',
      given: own(TOKEN, 'hub', 'ccccc'),
      want: { id: 'ccccc', kind: 'hub' },
    },
    {
      why: 'controllers, which have no Lease',
      given: own(TOKEN, 'client', 'ddddd'),
      want: { id: 'ddddd', kind: 'client' },
    },
    {
      why: 'a Go hub with the token of its Lease',
      given: own('Cheugy', undefined, 'ggggg'),
      want: { id: 'ggggg', kind: 'go' },
    },
    { why: 'a Go hub with another token', given: own('cheugy', undefined, 'ggggg'), want: undefined },
    {
      why: 'B S-04: the token that Go ships, without a Lease that says so',
      given: own('Cheugy', undefined, 'hhhhh'),
      want: undefined,
    },
    {
      why: 'the token in the Lease of one of ours opens nothing: it is for dialling Go hubs',
      given: own(OWN.token, undefined),
      want: undefined,
    },
    { why: 'nor does it as one of ours', given: own(OWN.token, 'hub'), want: undefined },
    { why: 'a role nobody knows', given: own(TOKEN, 'god'), want: undefined },
    { why: 'no token', given: own('', 'hub'), want: undefined },
    { why: 'an id that is none', given: own(TOKEN, 'hub', 'a/b'), want: undefined },
    { why: 'nothing at all', given: {}, want: undefined },
  ])('$why', ({ given, want }) => {
    expect(planAdmission(given, TOKEN, [GO, OWN])).toEqual(want);
  });

  it('a Go hub whose Lease has no token does not get in with none', () => {
    expect(planAdmission(own('', undefined, 'ggggg'), TOKEN, [{ ...GO, token: '' }])).toBeUndefined();
  });
});
