import type { Description } from '@clusternet/api-types';
import type { ResourceClient } from '@clusternet/client';
import { findCondition, mergeConditions } from '@clusternet/controller-kit';
import type { ConditionUpdate } from '@clusternet/controller-kit';
import { equalJson } from '@clusternet/kube-data';
import type { Clock } from '@clusternet/runtime';

/** What we say about a Description. `phase` and `reason` are what Go peers read. */
export interface DescriptionStatusUpdate {
  readonly phase?: 'Failure' | 'Success';
  readonly reason: string;
  readonly observedGeneration?: number;
  readonly conditions: readonly ConditionUpdate[];
}

/** Whether its present spec was delivered: then there is nothing to read and nothing to write. */
export function isInSync({ metadata, status }: Description): boolean {
  return (
    status?.phase === 'Success' &&
    metadata.generation !== undefined &&
    status.observedGeneration === metadata.generation &&
    findCondition(status.conditions, 'Ready')?.status === 'True'
  );
}

/**
 * Whether a Go deployer says that it delivered a Description. It writes phase and reason, drops the fields that are ours and
 * says no generation: of a spec that just changed its word is that of before.
 */
export function isDeliveredByGo({ status }: Description): boolean {
  return (
    status?.phase === 'Success' &&
    status.observedGeneration === undefined &&
    findCondition(status.conditions, 'Ready') === undefined
  );
}

export function successStatus(description: Description): DescriptionStatusUpdate {
  return update(description, 'Success', '', 'True', 'Deployed', 'all objects are applied');
}

export function failureStatus(
  description: Description,
  messages: readonly string[],
): DescriptionStatusUpdate {
  const text = [...new Set(messages)].join('; ').slice(0, 8192);
  return update(description, 'Failure', text, 'False', 'DeployFailed', text);
}

/** Waiting is no failure: the phase stays what it was. */
export function waitingStatus(
  { metadata, status }: Description,
  { reason, message }: { readonly reason: string; readonly message: string },
): DescriptionStatusUpdate {
  const observed = status?.observedGeneration;
  const { generation = 0 } = metadata;
  return {
    ...(status?.phase === 'Success' || status?.phase === 'Failure' ? { phase: status.phase } : {}),
    reason: message,
    ...(observed === undefined ? {} : { observedGeneration: observed }),
    conditions: [{ type: 'Ready', status: 'Unknown', reason, message, observedGeneration: generation }],
  };
}

function update(
  description: Description,
  phase: 'Failure' | 'Success',
  text: string,
  status: 'False' | 'True',
  reason: string,
  message: string,
): DescriptionStatusUpdate {
  const observedGeneration = description.metadata.generation ?? 0;
  return {
    phase,
    reason: text,
    observedGeneration,
    conditions: [{ type: 'Ready', status, reason, message, observedGeneration }],
  };
}

/** Writes the status if it differs. @returns whether it did */
export async function patchStatus(
  deps: { readonly descriptions: ResourceClient<Description>; readonly clock: Clock },
  description: Description,
  { conditions, ...fields }: DescriptionStatusUpdate,
  signal: AbortSignal,
): Promise<boolean> {
  const before = description.status ?? {};
  const merged = mergeConditions(before.conditions ?? [], conditions, deps.clock.nowMs());
  const status = { ...fields, conditions: merged };
  const current = Object.fromEntries(
    Object.keys(status).map((key) => [
      key,
      (before as Record<string, unknown>)[key] ?? (key === 'reason' ? '' : null),
    ]),
  );
  if (equalJson(current, status)) return false;
  const { name = '', namespace = '' } = description.metadata;
  await deps.descriptions.patch({ name, namespace }, 'merge', { status }, { subresource: 'status' }, signal);
  return true;
}
