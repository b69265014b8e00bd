import { describe, expect, it } from 'vitest';
import { node } from './nodes.fixture.ts';
import { sumNodes } from './sum-nodes.ts';

describe('sumNodes', () => {
  it('counts nodes by readiness; without the condition they are lost', () => {
    const nodes = ['True', 'True', 'False', 'Unknown', undefined].map((ready) =>
      node(ready === undefined ? {} : { ready }),
    );
    expect(sumNodes(nodes).nodeStatistics).toEqual({
      readyNodes: 2,
      notReadyNodes: 1,
      unknownNodes: 1,
      lostNodes: 1,
    });
  });

  it('sums cpu and memory over all nodes, in whatever units they are written', () => {
    const { capacity, allocatable } = sumNodes([
      node({ capacity: { cpu: '4', memory: '8Gi' }, allocatable: { cpu: '3900m', memory: '8000Mi' } }),
      node({ capacity: { cpu: '500m', memory: '512Mi' }, allocatable: { cpu: '100m', memory: '192Mi' } }),
    ]);
    expect(capacity).toEqual({ cpu: '4500m', memory: '8704Mi' });
    expect(allocatable).toEqual({ cpu: '4', memory: '8Gi' });
  });

  it.each([
    { why: 'none has any', capacities: [{ cpu: '1' }, { cpu: '1' }], want: undefined },
    { why: 'all say zero', capacities: [{ 'nvidia.com/gpu': '0' }], want: undefined },
    { why: 'one has two', capacities: [{ 'nvidia.com/gpu': '2' }, { cpu: '1' }], want: '2' },
  ])('reports GPUs when there are some: $why', ({ capacities, want }) => {
    const nodes = capacities.map((capacity) => node({ capacity: capacity as Record<string, string> }));
    expect(sumNodes(nodes).capacity['nvidia.com/gpu']).toBe(want);
  });

  it('is empty without nodes', () => {
    expect(sumNodes([])).toEqual({ nodeStatistics: {}, capacity: {}, allocatable: {} });
  });
});
