import { describe, expect, it } from 'vitest';
import { checkDelivery } from './check-delivery.ts';
import type { DeliveryState } from './check-delivery.ts';

const wellState: DeliveryState = {
  wanted: new Map([['c0', new Map([['a', '1']])]]),
  seen: new Map([['c0', new Map([['a', { uid: 'x', content: '1' }]])]]),
  steady: new Map([['c0', new Map([['a', 'x']])]]),
  subscriptions: new Set(['s']),
  bases: [{ uid: 'b', owner: 's', namespace: 'n' }],
  descriptions: [{ owner: 'b', namespace: 'n' }],
  notReady: [],
};
const [base] = wellState.bases;
const [part] = wellState.descriptions;

describe('checkDelivery', () => {
  it('finds nothing where all is as it was asked for', () => {
    expect(checkDelivery(wellState)).toEqual({
      lost: 0,
      orphaned: 0,
      duplicated: 0,
      notReady: 0,
      faults: [],
    });
  });

  it.each<[what: string, change: Partial<DeliveryState>, want: object]>([
    ['what is missing', { seen: new Map() }, { lost: 1, faults: ['a is missing in c0'] }],
    [
      'what is out of date',
      { wanted: new Map([['c0', new Map([['a', '2']])]]) },
      { lost: 1, faults: ['a in c0 has 1 instead of 2'] },
    ],
    [
      'what was deleted in between',
      { steady: new Map([['c0', new Map([['a', 'before']])]]) },
      { lost: 1, faults: ['a in c0 was made anew'] },
    ],
    ['what nobody wants', { wanted: new Map() }, { orphaned: 1, faults: ['a is left in c0'] }],
    ['Bases of nobody', { subscriptions: new Set() }, { orphaned: 1 }],
    ['Descriptions of nobody', { bases: [] }, { orphaned: 1 }],
    ['two Bases', { bases: [base!, { ...base!, uid: 'other' }] }, { duplicated: 1 }],
    ['two Descriptions', { descriptions: [part!, part!] }, { duplicated: 1 }],
    ['who is not ready', { notReady: ['app-1'] }, { notReady: 1, faults: ['app-1 is not ready'] }],
  ])('counts %s', (_what, change, want) => {
    const none = { lost: 0, orphaned: 0, duplicated: 0, notReady: 0 };
    expect(checkDelivery({ ...wellState, ...change })).toMatchObject({ ...none, ...want });
  });
});
