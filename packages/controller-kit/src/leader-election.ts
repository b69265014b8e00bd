import { isApiError } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import { errorText, withTimeout } from '@clusternet/runtime';
import type { Clock, Logger, Random, Run } from '@clusternet/runtime';

export interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

export interface LeaderElectionDeps {
  readonly leases: ResourceClient<Lease>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface LeaderElectionOptions {
  readonly namespace: string;
  readonly name: string;
  /** Different for every process, such as `<hostname>_<uuid>`. */
  readonly identity: string;
  /** How long others wait after the last renewal they saw, ms. @default 15000 */
  readonly leaseDurationMs?: number;
  /** A leader that could not renew for so long gives up, ms. @default 10000 */
  readonly renewDeadlineMs?: number;
  /** @default 2000 */
  readonly retryPeriodMs?: number;
  /** Told of each Lease of ours that was read or written. */
  readonly onLease?: (lease: Lease) => void;
}

interface Seen {
  /** What the Lease said when it last changed. */
  record: string;
  /** When we saw that, on our own clock: clocks of machines differ. */
  atMs: number;
}

/**
 * Competes for a Lease until `signal` aborts; while it is held, runs `lead`. Losing it aborts `lead`, waits
 * for it to settle and competes again. Ending cleanly releases the Lease.
 */
export async function runLeaderElection(
  deps: LeaderElectionDeps,
  options: LeaderElectionOptions,
  lead: Run,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, log } = deps;
  const { retryPeriodMs = 2000, name } = options;
  const seen: Seen = { record: '', atMs: clock.monotonicMs() };
  while (!signal.aborted) {
    const lease = await tryAcquire(deps, options, seen, signal).catch((error: unknown) => {
      if (!signal.aborted) log.warn('lease not acquired', { lease: name, error: errorText(error) });
      return undefined;
    });
    if (lease !== undefined) {
      log.info('became leader', { lease: name, identity: options.identity });
      await leadWhileHeld(deps, options, seen, lead, signal);
      log.info('stopped leading', { lease: name });
    }
    if (!(await clock.sleep(retryPeriodMs * (1 + 0.2 * random.next()), signal))) return;
  }
}

async function leadWhileHeld(
  deps: LeaderElectionDeps,
  options: LeaderElectionOptions,
  seen: Seen,
  lead: Run,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = deps;
  const { renewDeadlineMs = 10_000, retryPeriodMs = 2000, name } = options;
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const failures: unknown[] = [];
  const leading = lead(controller.signal)
    .catch((error: unknown) => {
      if (!controller.signal.aborted) failures.push(error);
    })
    .finally(() => {
      controller.abort();
    });
  let renewedMs = clock.monotonicMs();
  while (await clock.sleep(retryPeriodMs, controller.signal)) {
    const renewed = await tryAcquire(deps, options, seen, controller.signal).catch((error: unknown) => {
      if (!controller.signal.aborted) log.warn('lease not renewed', { lease: name, error: errorText(error) });
      return undefined;
    });
    if (renewed !== undefined) renewedMs = clock.monotonicMs();
    else if (clock.monotonicMs() - renewedMs > renewDeadlineMs) controller.abort();
  }
  await leading;
  signal.removeEventListener('abort', onAbort);
  await release(deps, options).catch((error: unknown) => {
    log.warn('lease not released', { lease: name, error: errorText(error) });
  });
  if (failures.length > 0) throw failures[0];
}

/** Takes or renews the Lease. @returns it when it is ours now */
async function tryAcquire(
  deps: LeaderElectionDeps,
  options: LeaderElectionOptions,
  seen: Seen,
  signal: AbortSignal,
): Promise<Lease | undefined> {
  const { renewDeadlineMs = 10_000 } = options;
  return withTimeout(renewDeadlineMs, signal, `renewing the lease ${options.name}`, async (inner) => {
    const lease = await acquire(deps, options, seen, inner);
    if (lease !== undefined) options.onLease?.(lease);
    return lease;
  });
}

async function acquire(
  { leases, clock }: LeaderElectionDeps,
  { namespace, name, identity, leaseDurationMs = 15_000 }: LeaderElectionOptions,
  seen: Seen,
  signal: AbortSignal,
): Promise<Lease | undefined> {
  const now = microTime(clock.nowMs());
  const held = {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
    renewTime: now,
  };
  const current = await leases.get({ namespace, name }, signal).catch((error: unknown) => {
    if (isApiError(error, 'NOT_FOUND')) return undefined;
    throw error;
  });
  if (current === undefined) {
    const spec = { ...held, acquireTime: now, leaseTransitions: 0 };
    const fresh: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace, name },
      spec,
    };
    return leases.create(fresh, {}, signal);
  }
  const { spec = {} } = current;
  const record = JSON.stringify([spec.holderIdentity, spec.renewTime, spec.acquireTime]);
  if (record !== seen.record) {
    seen.record = record;
    seen.atMs = clock.monotonicMs();
  }
  const isOurs = spec.holderIdentity === identity;
  const isFree = (spec.holderIdentity ?? '') === '' || clock.monotonicMs() - seen.atMs >= leaseDurationMs;
  if (!isOurs && !isFree) return undefined;
  const changes = isOurs
    ? held
    : { ...held, acquireTime: now, leaseTransitions: (spec.leaseTransitions ?? 0) + 1 };
  try {
    return await leases.update({ ...current, spec: { ...spec, ...changes } }, {}, signal);
  } catch (error) {
    if (isApiError(error, 'CONFLICT')) return undefined; // another was faster
    throw error;
  }
}

async function release({ leases, clock }: LeaderElectionDeps, options: LeaderElectionOptions): Promise<void> {
  const { namespace, name, identity } = options;
  await withTimeout(3000, undefined, `releasing the lease ${name}`, async (signal) => {
    const current = await leases.get({ namespace, name }, signal);
    if (current.spec?.holderIdentity !== identity) return;
    const spec = {
      ...current.spec,
      holderIdentity: '',
      leaseDurationSeconds: 1,
      renewTime: microTime(clock.nowMs()),
    };
    await leases.update({ ...current, spec }, {}, signal);
  });
}

/** `metav1.MicroTime`: RFC 3339 with six digits of a second. */
function microTime(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '000Z');
}
