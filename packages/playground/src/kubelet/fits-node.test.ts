import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { fitsNode } from './fits-node.ts';

const node = (spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1', labels: { zone: 'a', size: '8' } },
  spec,
});
const pod = (spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec,
});
const affinity = (...nodeSelectorTerms: object[]): object => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  },
});
const expression = (key: string, operator: string, ...values: string[]): object => ({
  matchExpressions: [{ key, operator, values }],
});
const tainted = node({ taints: [{ key: 'use', value: 'gpu', effect: 'NoSchedule' }] });

describe('fitsNode', () => {
  it.each([
    { why: 'a pod that wants nothing', given: {}, on: node(), want: true },
    { why: 'a label that is there', given: { nodeSelector: { zone: 'a' } }, on: node(), want: true },
    { why: 'a label that is not', given: { nodeSelector: { zone: 'b' } }, on: node(), want: false },
    {
      why: 'one of several terms',
      given: affinity(expression('zone', 'In', 'x'), expression('zone', 'In', 'a')),
      on: node(),
      want: true,
    },
    { why: 'no term that holds', given: affinity(expression('zone', 'NotIn', 'a')), on: node(), want: false },
    { why: 'a term without conditions', given: affinity({}), on: node(), want: false },
    { why: 'a number above a limit', given: affinity(expression('size', 'Gt', '4')), on: node(), want: true },
    {
      why: 'a number not below a limit',
      given: affinity(expression('size', 'Lt', '8')),
      on: node(),
      want: false,
    },
    {
      why: 'another node by name, as pods of DaemonSets want theirs',
      given: affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] }),
      on: node(),
      want: false,
    },
    { why: 'a cordoned node', given: {}, on: node({ unschedulable: true }), want: false },
    {
      why: 'a cordon that is tolerated',
      given: { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] },
      on: node({ unschedulable: true }),
      want: true,
    },
    { why: 'a taint', given: {}, on: tainted, want: false },
    {
      why: 'a taint that is tolerated by value',
      given: { tolerations: [{ key: 'use', operator: 'Equal', value: 'gpu' }] },
      on: tainted,
      want: true,
    },
    {
      why: 'a toleration of another value',
      given: { tolerations: [{ key: 'use', value: 'disk' }] },
      on: tainted,
      want: false,
    },
    {
      why: 'a toleration of another effect',
      given: { tolerations: [{ operator: 'Exists', effect: 'NoExecute' }] },
      on: tainted,
      want: false,
    },
    {
      why: 'a taint that is but a wish',
      given: {},
      on: node({ taints: [{ key: 'use', effect: 'PreferNoSchedule' }] }),
      want: true,
    },
    {
      why: 'a node that a controller has not yet found ready',
      given: {},
      on: node({ taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] }),
      want: true,
    },
  ])('$why: $want', ({ given, on, want }) => {
    expect(fitsNode(pod(given), on)).toBe(want);
  });
});
