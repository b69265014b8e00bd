import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { NAMES } from '@clusternet/api-types';
import { clusternetRef, isApiError } from '@clusternet/client';
import { backoffMs, errorText } from '@clusternet/runtime';
import type { SealKeys } from '@clusternet/pki';
import { AgentError } from '../errors.ts';
import { readCredential } from './read-credential.ts';
import type { Parent, RegisterDeps } from './register.ts';

/** A credential is looked for again at least this often, and no more often, ms. */
const MAX_WAIT_MS = 60 * 60_000;
const MIN_WAIT_MS = 5000;

/** When to look for the next credential: at half of what is left. */
export function renewalWaitMs(expiresMs: number | undefined, nowMs: number): number {
  if (expiresMs === undefined) return MAX_WAIT_MS;
  return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, (expiresMs - nowMs) / 2));
}

/**
 * Keeps the credential fresh until `signal` aborts: the parent puts a new one on the request in time, and we
 * read it there as ourselves.
 *
 * @throws {ApiError} `UNAUTHORIZED` when the present one is refused; {AgentError} `NOT_REGISTERED` when somebody
 *   deleted the request, which is then made anew. All else is tried again
 */
export async function runRenewal(
  { clock, random, log }: RegisterDeps,
  parent: Parent,
  keys: SealKeys,
  signal: AbortSignal,
): Promise<void> {
  const requests = parent.client.resource<ClusterRegistrationRequest>(
    clusternetRef('ClusterRegistrationRequest'),
  );
  let failures = 0;
  let waitMs = renewalWaitMs(parent.expiresMs(), clock.nowMs());
  while (await clock.sleep(waitMs, signal)) {
    try {
      const request = await requests.get({ name: `${NAMES.objectPrefix}${parent.clusterId}` }, signal);
      const issued = readCredential(request, keys);
      if (issued !== undefined && issued.token !== parent.credential.token) {
        await parent.replace(issued, signal);
        log.info('credential renewed', { clusterId: parent.clusterId });
      }
      failures = 0;
      waitMs = renewalWaitMs(parent.expiresMs(), clock.nowMs());
    } catch (error) {
      if (isApiError(error, 'UNAUTHORIZED')) throw error;
      if (isApiError(error, 'NOT_FOUND')) throw requestGone(parent.clusterId);
      failures += 1;
      log.warn('credential not renewed', { error: errorText(error), failures });
      waitMs = backoffMs(failures, random.next(), { baseMs: MIN_WAIT_MS, maxMs: 60_000 });
    }
  }
}

function requestGone(clusterId: string): AgentError {
  return new AgentError(
    'NOT_REGISTERED',
    `the ClusterRegistrationRequest ${NAMES.objectPrefix}${clusterId} is gone at the parent; asking again`,
  );
}
