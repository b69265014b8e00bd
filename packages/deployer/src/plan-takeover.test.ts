import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { planTakeover } from './plan-takeover.ts';

function live(managedFields: readonly unknown[], annotations?: Record<string, string>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'a',
      annotations: annotations ?? { 'clusternet.io/last-applied-configuration': '{}' },
      managedFields: [...managedFields],
    },
  };
}

const entry = (manager: string, operation: string, fieldsV1: unknown, more: object = {}): unknown => ({
  manager,
  operation,
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...more,
});
const data = (...keys: string[]): unknown => ({
  'f:data': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])),
});

describe('planTakeover', () => {
  it('makes the fields of Go components ours, in one entry', () => {
    const taken = planTakeover(
      live([
        entry('clusternet-controller-manager', 'Update', data('a')),
        entry('kubectl', 'Update', data('c')),
        entry('clusternet-agent', 'Update', data('b')),
      ]),
      'clusternet',
    );
    expect(taken).toEqual([
      entry('kubectl', 'Update', data('c')),
      entry('clusternet', 'Apply', data('a', 'b')),
    ]);
  });

  it('keeps what we own already', () => {
    const taken = planTakeover(
      live([entry('clusternet', 'Apply', data('x')), entry('clusternet-agent', 'Update', data('a'))]),
      'clusternet',
    );
    expect(taken).toEqual([entry('clusternet', 'Apply', data('x', 'a'))]);
  });

  it.each([
    { why: 'nothing of a Go component', given: live([entry('kubectl', 'Update', data('a'))]) },
    {
      why: 'an object that Go never delivered',
      given: live([entry('clusternet-agent', 'Update', data('a'))], {}),
    },
    {
      why: 'a status that Go wrote',
      given: live([entry('clusternet-agent', 'Update', data('a'), { subresource: 'status' })]),
    },
    { why: 'no managed fields at all', given: live([]) },
  ])('does nothing for $why', ({ given }) => {
    expect(planTakeover(given, 'clusternet')).toBeUndefined();
  });
});
