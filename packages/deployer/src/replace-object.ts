import { ANNOTATIONS } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { ObjectRef, ResourceClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import type { Clock } from '@clusternet/runtime';
import { DeployError } from './errors.ts';
import { describeEntry, entryOf } from './inventory.ts';
import { getLive } from './live-object.ts';

/** How long what is replaced may take to go, ms; what takes longer is looked at again later. */
const GONE_MS = 15_000;
const GONE_POLL_MS = 100;

/** How API servers say that a field stays as it was made. Each kind has words of its own. */
const IMMUTABLE =
  /immutable|updates to .* (?:are|is) forbidden|forbidden: updates to|may not change once set|can(?:not| not) (?:change|be changed)/i;

/** Whether an object was refused because it has a field that cannot be changed. */
export function isImmutableError(error: unknown): boolean {
  if (!isApiError(error, 'INVALID', 'FORBIDDEN')) return false;
  // A right that is missing is Forbidden too, and has no causes.
  const texts = error.causes.map(({ message = '' }) => message);
  return (error.code === 'INVALID' ? [error.message, ...texts] : texts).some((text) => IMMUTABLE.test(text));
}

/** What says that a policy is needed to go on. */
export function createImmutableError(desired: KubeObject, cause: unknown): DeployError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new DeployError(
    'IMMUTABLE_FIELD',
    `${describeEntry(entryOf(desired))} has a field that cannot be changed: ${text}; the annotation ${ANNOTATIONS.replacePolicy}: Recreate on it has it deleted and made anew`,
    { cause },
  );
}

/**
 * Deletes an object that is to be made anew, and waits until it is gone.
 * @param live - as it was looked at: nobody's later one is deleted
 * @throws {DeployError} `BEING_DELETED` when that takes long
 */
export async function deleteForReplacement(
  {
    resource,
    ref,
    clock,
  }: { readonly resource: ResourceClient; readonly ref: ObjectRef; readonly clock: Clock },
  live: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  const { uid } = live.metadata;
  const precondition = uid === undefined ? {} : { uid };
  try {
    await resource.delete(ref, { propagationPolicy: 'Background', ...precondition }, signal);
  } catch (error) {
    if (!isApiError(error, 'NOT_FOUND')) throw error;
  }
  const startMs = clock.monotonicMs();
  for (;;) {
    const next = await getLive(resource, ref, signal);
    if (next === undefined || next.metadata.uid !== uid) return;
    if (clock.monotonicMs() - startMs > GONE_MS) {
      throw new DeployError(
        'BEING_DELETED',
        `${describeEntry(entryOf(live))} is being deleted to be made anew (its finalizers: ${next.metadata.finalizers?.join(', ') ?? 'none'})`,
      );
    }
    if (!(await clock.sleep(GONE_POLL_MS, signal))) signal.throwIfAborted();
  }
}
