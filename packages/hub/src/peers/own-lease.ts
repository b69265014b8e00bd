import { isApiError } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import type { Lease } from '@clusternet/controller-kit';
import { errorText, withTimeout } from '@clusternet/runtime';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import { PEER_LEASE_PREFIX, formatPeerRecord } from './peer-record.ts';
import type { PeerRecord } from './peer-record.ts';

export interface OwnLeaseDeps {
  readonly leases: ResourceClient<Lease>;
  readonly namespace: string;
  /** What the Lease is to say now. */
  readonly getRecord: () => PeerRecord;
  /** Told when it is to say something else. Returns how to stop listening. */
  readonly onRecordChange: (listener: () => void) => () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface OwnLeaseOptions {
  /** How long others believe it, ms. It is renewed three times as often. @default 15000 */
  readonly leaseDurationMs?: number;
  /** The wait after a renewal that failed, ms. @default 2000 */
  readonly retryPeriodMs?: number;
}

const WRITE_TIMEOUT_MS = 10_000;
const DELETE_TIMEOUT_MS = 3000;

/**
 * Keeps the Lease of this hub until `signal` aborts, then deletes it: a Go hub forgets a peer only when its Lease is gone.
 * Without the parent's API it goes on trying; links do not depend on it.
 */
export async function runOwnLease(
  deps: OwnLeaseDeps,
  options: OwnLeaseOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, log } = deps;
  const { leaseDurationMs = 15_000, retryPeriodMs = 2000 } = options;
  const { id } = deps.getRecord();
  const name = PEER_LEASE_PREFIX + id;
  const acquireTime = microTime(clock.nowMs());
  let written = '';
  const write = async (inner: AbortSignal): Promise<void> => {
    written = formatPeerRecord(deps.getRecord());
    const spec = {
      holderIdentity: written,
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      acquireTime,
      renewTime: microTime(clock.nowMs()),
      leaseTransitions: 0,
    };
    const ref = { namespace: deps.namespace, name };
    await deps.leases.patch(ref, 'merge', { spec }, {}, inner).catch(async (error: unknown) => {
      if (!isApiError(error, 'NOT_FOUND')) throw error;
      const fresh: Lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: ref, spec };
      await deps.leases.create(fresh, {}, inner);
    });
  };
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    let waitMs = leaseDurationMs / 3;
    try {
      await withTimeout(WRITE_TIMEOUT_MS, signal, `renewing the lease ${name}`, write);
    } catch (error) {
      if (isOver()) break;
      log.warn('lease of this hub not renewed', { lease: name, error: errorText(error) });
      waitMs = retryPeriodMs;
    }
    await sleepUntilChange(deps, written, waitMs * (1 + 0.1 * random.next()), signal);
  }
  await withTimeout(DELETE_TIMEOUT_MS, undefined, `deleting the lease ${name}`, (inner) =>
    deps.leases.delete({ namespace: deps.namespace, name }, {}, inner),
  ).catch((error: unknown) => {
    if (!isApiError(error, 'NOT_FOUND'))
      log.warn('lease of this hub not deleted', { lease: name, error: errorText(error) });
  });
}

async function sleepUntilChange(
  deps: OwnLeaseDeps,
  written: string,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const wake = new AbortController();
  const abort = (): void => wake.abort();
  signal.addEventListener('abort', abort, { once: true });
  const look = (): void => {
    if (signal.aborted || formatPeerRecord(deps.getRecord()) !== written) abort();
  };
  const forget = deps.onRecordChange(look);
  look();
  await deps.clock.sleep(waitMs, wake.signal);
  forget();
  signal.removeEventListener('abort', abort);
}

/** `metav1.MicroTime`: RFC 3339 with six digits of a second. */
function microTime(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '000Z');
}
