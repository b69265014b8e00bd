import { describe, expect, it } from 'vitest';
import { planRequestStatus } from './plan-request-status.ts';

describe('planRequestStatus', () => {
  it.each([
    {
      outcome: {
        kind: 'approved',
        namespace: 'ns',
        managedClusterName: 'east',
        serviceAccount: 'clusternet-abcde',
        isServiceAccountNew: true,
        token: 'dA==',
        caCertificate: 'Yw==',
      },
      want: { result: 'Approved', errorMessage: '', dedicatedNamespace: 'ns', token: 'dA==' },
      states: ['True', 'False', 'False'],
    },
    {
      outcome: { kind: 'denied', message: 'no' },
      want: {
        result: 'Denied',
        errorMessage: 'no',
        token: null,
        caCertificate: null,
        dedicatedNamespace: '',
      },
      states: ['False', 'False', 'True'],
    },
    {
      outcome: { kind: 'failed', message: 'taken' },
      want: {
        result: 'Failed',
        errorMessage: 'taken',
        token: null,
        caCertificate: null,
        dedicatedNamespace: '',
      },
      states: ['False', 'True', 'False'],
    },
    {
      outcome: { kind: 'waiting', reason: 'TokenPending', message: 'no token' },
      want: {},
      states: ['False', 'True', 'False'],
    },
  ] as const)('$outcome.kind', ({ outcome, want, states }) => {
    const { fields, conditions } = planRequestStatus(outcome, 7);
    expect(fields).toMatchObject(want);
    expect(conditions.map(({ type }) => type)).toEqual(['Ready', 'Reconciling', 'Stalled']);
    expect(conditions.map(({ status }) => status)).toEqual(states);
    for (const { observedGeneration } of conditions) expect(observedGeneration).toBe(7);
  });

  it('sets no result while it waits: a Go approver skips a request that has one', () => {
    expect(
      planRequestStatus({ kind: 'waiting', reason: 'TokenPending', message: 'no token' }, 1).fields,
    ).toEqual({});
  });
});
