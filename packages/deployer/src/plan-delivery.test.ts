import fc from 'fast-check';
import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { entryKey, entryOf } from './inventory.ts';
import type { InventoryEntry } from './inventory.ts';
import { planDelivery } from './plan-delivery.ts';

function object(apiVersion: string, kind: string, name: string, namespace?: string): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

const everything: readonly KubeObject[] = [
  object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'hook'),
  object('example.com/v1', 'Widget', 'w', 'app'),
  object('apps/v1', 'Deployment', 'web', 'app'),
  object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rb', 'app'),
  object('rbac.authorization.k8s.io/v1', 'Role', 'r', 'app'),
  object('v1', 'Service', 'web', 'app'),
  object('v1', 'ConfigMap', 'b', 'app'),
  object('v1', 'ConfigMap', 'a', 'app'),
  object('v1', 'ServiceAccount', 'sa', 'app'),
  object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'widgets.example.com'),
  object('v1', 'Namespace', 'app'),
];

const steps = (plan: readonly (readonly (InventoryEntry | KubeObject)[])[]): string[][] =>
  plan.map((step) =>
    step.map((item) =>
      'metadata' in item ? `${item.kind} ${item.metadata.name ?? ''}` : `${item.kind} ${item.name}`,
    ),
  );

const wantOrder = [
  ['Namespace app'],
  ['CustomResourceDefinition widgets.example.com'],
  ['ConfigMap a', 'ConfigMap b', 'ServiceAccount sa', 'Role r'],
  ['RoleBinding rb'],
  ['Service web', 'Deployment web', 'Widget w'],
  ['ValidatingWebhookConfiguration hook'],
];

describe('planDelivery', () => {
  it('applies what others need first, and webhooks last', () => {
    expect(steps(planDelivery(everything, []).applySteps)).toEqual(wantOrder);
  });

  it('prunes the other way round', () => {
    const plan = planDelivery([], everything.map(entryOf));
    expect(plan.applySteps).toEqual([]);
    expect(steps(plan.pruneSteps)).toEqual([...wantOrder].reverse());
  });

  it.each([
    {
      why: 'what is wanted still stays, in another version of its API too',
      wanted: [object('apps/v1', 'Deployment', 'web', 'app')],
      previous: [object('apps/v1beta1', 'Deployment', 'web', 'app')],
      want: [],
    },
    {
      why: 'the same name in another namespace is another object',
      wanted: [object('v1', 'Secret', 's', 'b')],
      previous: [object('v1', 'Secret', 's', 'a')],
      want: [['Secret s']],
    },
    {
      why: 'the same kind of another group is another object',
      wanted: [object('networking.k8s.io/v1', 'Ingress', 'i', 'a')],
      previous: [object('extensions/v1beta1', 'Ingress', 'i', 'a')],
      want: [['Ingress i']],
    },
  ])('$why', ({ wanted, previous, want }) => {
    expect(steps(planDelivery(wanted, previous.map(entryOf)).pruneSteps)).toEqual(want);
  });

  it('lets the later of two documents for one object win', () => {
    const first = { ...object('v1', 'ConfigMap', 'a', 'app'), data: { k: '1' } };
    const second = { ...object('v1', 'ConfigMap', 'a', 'app'), data: { k: '2' } };
    expect(planDelivery([first, second], []).applySteps).toEqual([[second]]);
  });

  it('has everything that may exist on record before, and exactly what is wanted afterwards', () => {
    const some = fc.subarray([...everything]);
    fc.assert(
      fc.property(some, some, (wanted, previous) => {
        const plan = planDelivery(wanted, previous.map(entryOf));
        const keys = (entries: readonly InventoryEntry[]): Set<string> => new Set(entries.map(entryKey));
        const union = keys([...wanted, ...previous].map(entryOf));
        expect(keys(plan.inventoryBefore)).toEqual(union);
        expect(keys(plan.inventoryAfter)).toEqual(keys(wanted.map(entryOf)));
        expect(plan.applySteps.flat()).toHaveLength(wanted.length);
        const pruned = keys(plan.pruneSteps.flat());
        expect([...pruned].some((key) => keys(wanted.map(entryOf)).has(key))).toBe(false);
        expect([...plan.applySteps, ...plan.pruneSteps].every((step) => step.length > 0)).toBe(true);
      }),
    );
  });
});
