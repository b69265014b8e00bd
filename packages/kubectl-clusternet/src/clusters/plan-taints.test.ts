import type { ManagedCluster, Subscription } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { planEvictions } from './plan-evictions.ts';
import { parseTaintChange, planTaints } from './plan-taints.ts';

const A = { key: 'a', value: '1', effect: 'NoSchedule' };
const B = { key: 'b', effect: 'NoExecute' };
const plan = (words: string, isOverwriting = false) =>
  planTaints([A, B], words.split(' ').map(parseTaintChange), isOverwriting);

describe('planTaints', () => {
  it.each([
    ['c=x:PreferNoSchedule', [A, B, { key: 'c', value: 'x', effect: 'PreferNoSchedule' }]],
    ['c:NoSchedule', [A, B, { key: 'c', effect: 'NoSchedule' }]],
    ['a:NoSchedule-', [B]],
    ['a- b-', []],
    ['a=1:NoSchedule', [A, B]],
    ['a=1:NoExecute', [A, B, { ...A, effect: 'NoExecute' }]],
  ])('%s', (words, want) => {
    expect(plan(words)).toEqual(want);
  });

  it('gives another value only where that is meant', () => {
    expect(() => plan('a=2:NoSchedule')).toThrow(
      'there is a taint a:NoSchedule with value "1" already; give --overwrite',
    );
    expect(plan('a=2:NoSchedule', true)).toEqual([{ ...A, value: '2' }, B]);
  });

  it.each(['a:NoExecute-', 'c-'])('finds nothing to remove by %s', (words) => {
    expect(() => plan(words)).toThrow('to remove');
  });

  it.each(['', 'a', 'a=1', 'a=1:Nope', 'a=1:NoSchedule-', '/x:NoSchedule', 'a=b c:NoSchedule'])(
    '"%s" is no taint',
    (word) => {
      expect(() => parseTaintChange(word)).toThrow(`"${word}" is no taint`);
    },
  );
});

describe('planEvictions', () => {
  const cluster = {
    metadata: { name: 'east', namespace: 'n' },
    spec: { taints: [A] },
  } as unknown as ManagedCluster;
  const subscription = (name: string, bound: string, tolerations: readonly object[] = []) =>
    ({
      metadata: { namespace: 'default', name },
      spec: { clusterTolerations: tolerations },
      status: { bindingClusters: [bound] },
    }) as unknown as Subscription;
  const subscriptions = [
    subscription('there', 'n/east'),
    subscription('tolerant', 'n/east', [{ key: 'c', operator: 'Exists' }]),
    subscription('elsewhere', 'n/west'),
  ];

  it.each([
    ['c:NoSchedule', ['default/there']],
    ['c:NoExecute', ['default/there']],
    ['c:PreferNoSchedule', []],
    ['a-', []],
  ])('%s', (words, want) => {
    const next = planTaints([A], [parseTaintChange(words)], false);
    expect(planEvictions(cluster, next, subscriptions)).toEqual(want);
  });
});
