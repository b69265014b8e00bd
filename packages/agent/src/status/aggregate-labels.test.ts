import { describe, expect, it } from 'vitest';
import { aggregateLabels, planLabelPatch } from './aggregate-labels.ts';
import { node } from './nodes.fixture.ts';

const P = 'node.clusternet.io/';
const workers = [
  { k1: 'v', k2: 'v', k3: 'v', k4: 'v' },
  { k1: 'v', k2: 'v', k3: 'v', k4: 'v' },
  { k1: 'v', k2: 'v', k3: 'v' },
  { k1: 'v', k2: 'v' },
].map((labels) =>
  node({ labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [P + key, value])) }),
);

describe('aggregateLabels', () => {
  it.each([
    { threshold: 0.8, want: ['k1', 'k2'] },
    { threshold: 0.7, want: ['k1', 'k2', 'k3'] },
    { threshold: 0.5, want: ['k1', 'k2', 'k3', 'k4'] },
  ])('A §6.6: the check values at $threshold', ({ threshold, want }) => {
    expect(Object.keys(aggregateLabels(workers, [P], threshold)).sort()).toEqual(want.map((key) => P + key));
  });

  it.each([
    ['a', 'b'],
    ['b', 'a'],
  ])('A §11.2-28: a tie between %s and %s does not flap', (...values) => {
    const nodes = values.map((value) => node({ labels: { [`${P}zone`]: value } }));
    expect(aggregateLabels(nodes, [P], 0.5)).toEqual({ [`${P}zone`]: 'a' });
  });

  it.each(['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'])(
    'does not count nodes with %s',
    (role) => {
      const nodes = [node({ labels: { [role]: '', [`${P}a`]: '1' } }), node({ labels: { [`${P}b`]: '2' } })];
      expect(aggregateLabels(nodes, [P], 1)).toEqual({ [`${P}b`]: '2' });
    },
  );

  it('takes only labels with one of the prefixes', () => {
    const nodes = [node({ labels: { [`${P}a`]: '1', 'team.io/b': '2', other: '3' } })];
    expect(aggregateLabels(nodes, [P, 'team.io/'], 1)).toEqual({ [`${P}a`]: '1', 'team.io/b': '2' });
    expect(aggregateLabels([], [P], 0)).toEqual({});
  });
});

describe('planLabelPatch', () => {
  it.each([
    { why: 'nothing', current: { [`${P}a`]: '1' }, wanted: { [`${P}a`]: '1' }, want: {} },
    { why: 'adds', current: {}, wanted: { [`${P}a`]: '1' }, want: { [`${P}a`]: '1' } },
    { why: 'changes', current: { [`${P}a`]: '0' }, wanted: { [`${P}a`]: '1' }, want: { [`${P}a`]: '1' } },
    { why: 'removes', current: { [`${P}a`]: '0' }, wanted: {}, want: { [`${P}a`]: null } },
    { why: "leaves other people's", current: { other: '0' }, wanted: {}, want: {} },
  ])('$why', ({ current, wanted, want }) => {
    expect(planLabelPatch(current as Record<string, string>, wanted as Record<string, string>, [P])).toEqual(
      want,
    );
  });

  it('knows no label by the name of what every object has', () => {
    expect(planLabelPatch({ constructor: 'x' }, {}, ['con'])).toEqual({ constructor: null });
  });
});
