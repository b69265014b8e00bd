import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { request } from '../parent/objects.fixture.ts';
import { planDecision } from './plan-decision.ts';

const UID = '11111111-0000-4000-8000-000000000000';

function asked(approval?: string, status?: ClusterRegistrationRequest['status']): ClusterRegistrationRequest {
  const { metadata, ...rest } = request();
  const annotations: Record<string, string> =
    approval === undefined ? {} : { 'clusters.clusternet.io/approval': approval };
  return {
    ...rest,
    metadata: { ...metadata, uid: UID, annotations },
    ...(status === undefined ? {} : { status }),
  };
}

const stalled = (reason: string): NonNullable<ClusterRegistrationRequest['status']> => ({
  result: 'Denied',
  errorMessage: 'why',
  conditions: [
    { type: 'Stalled', status: 'True', reason, message: 'why', lastTransitionTime: '2026-01-01T00:00:00Z' },
  ],
});

describe('planDecision', () => {
  it.each([
    { why: 'auto approves', given: asked(), mode: 'auto', want: 'approve' },
    { why: 'manual waits', given: asked(), mode: 'manual', want: 'waiting/WaitingForApproval' },
    { why: 'the UID approves', given: asked(UID), mode: 'manual', want: 'approve' },
    {
      why: 'a word that a stranger could have sent along does not',
      given: asked('approved'),
      mode: 'manual',
      want: 'waiting/WaitingForApproval',
    },
    {
      why: 'denied denies, in auto too',
      given: asked('denied'),
      mode: 'auto',
      want: 'denied/DeniedByOperator',
    },
    {
      why: 'a result written by hand approves',
      given: asked(undefined, { result: 'Approved' }),
      mode: 'manual',
      want: 'approve',
    },
    {
      why: 'a result written by hand denies',
      given: asked(undefined, { result: 'Denied' }),
      mode: 'auto',
      want: 'denied/DeniedByOperator',
    },
    {
      why: 'and still does once we have said so ourselves',
      given: asked(undefined, stalled('DeniedByOperator')),
      mode: 'auto',
      want: 'denied/DeniedByOperator',
    },
    {
      why: 'the UID takes a denial back',
      given: asked(UID, stalled('DeniedByOperator')),
      mode: 'auto',
      want: 'approve',
    },
    {
      why: 'a request that was malformed and is not any more is looked at anew',
      given: asked(undefined, stalled('Denied')),
      mode: 'auto',
      want: 'approve',
    },
    {
      why: 'a cluster that was detached stays out, whatever was approved before',
      given: asked(UID, stalled('Detached')),
      mode: 'auto',
      want: 'denied/Detached',
    },
  ] as const)('$why', ({ given, mode, want }) => {
    const decision = planDecision(given, mode);
    expect('reason' in decision ? `${decision.kind}/${decision.reason}` : decision.kind).toBe(want);
  });

  it('names the command that approves', () => {
    const decision = planDecision(asked('yes'), 'manual');
    expect(decision).toMatchObject({ message: expect.stringContaining(`approval=${UID}`) as string });
    expect(decision).toMatchObject({ message: expect.stringContaining('says "yes"') as string });
  });
});
