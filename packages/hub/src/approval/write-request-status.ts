import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { mergeConditions } from '@clusternet/controller-kit';
import type { Clock } from '@clusternet/runtime';
import type { ParentResources } from '../parent/resources.ts';
import { planRequestStatus } from './plan-request-status.ts';
import type { RequestOutcome } from './plan-request-status.ts';

/** Puts what became of a request on it; writes only a change. */
export async function writeRequestStatus(
  { resources, clock }: { readonly resources: Pick<ParentResources, 'requests'>; readonly clock: Clock },
  request: ClusterRegistrationRequest,
  outcome: RequestOutcome,
  signal: AbortSignal,
): Promise<void> {
  const { name = '', generation = 0 } = request.metadata;
  const before = request.status ?? {};
  const { fields, conditions: updates } = planRequestStatus(outcome, generation);
  const conditions = mergeConditions(before.conditions ?? [], updates, clock.nowMs());
  const names = Object.keys(fields) as (keyof typeof fields)[];
  if (
    conditions === before.conditions &&
    names.every((field) => (before[field] ?? '') === (fields[field] ?? ''))
  )
    return;
  const status = { ...fields, conditions, observedGeneration: generation };
  await resources.requests.patch({ name }, 'merge', { status }, { subresource: 'status' }, signal);
}
