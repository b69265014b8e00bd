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

/** What one try brought. `atMs`: before it was sent, on our own clock; others count from then or later. */
type Attempt =
  | { readonly kind: 'held'; readonly lease: Lease; readonly atMs: number }
  /** Another holds it, or was faster. */
  | { readonly kind: 'taken'; readonly holder: string };

/**
 * Competes for a Lease until `signal` aborts; while it is held, runs `lead`. Losing it aborts `lead`, waits
 * for it to settle and competes again. Ending cleanly releases the Lease.
 *
 * A leader stops `renewDeadlineMs` after it sent the last renewal that worked, whatever is under way then, so before
 * anybody else may start. What `lead` still does after its signal has aborted is not covered: it must end promptly.
 *
 * @throws {RangeError} when a leader would stop later than others may start
 * @throws what `lead` throws
 */
export async function runLeaderElection(
  deps: LeaderElectionDeps,
  options: LeaderElectionOptions,
  lead: Run,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, log } = deps;
  const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2000, name } = options;
  if (leaseDurationMs <= renewDeadlineMs || renewDeadlineMs <= retryPeriodMs) {
    throw new RangeError(
      `lease ${name}: the lease duration (${leaseDurationMs} ms) must be longer than the renew deadline (${renewDeadlineMs} ms), and that longer than the retry period (${retryPeriodMs} ms)`,
    );
  }
  const seen: Seen = { record: '', atMs: clock.monotonicMs() };
  while (!signal.aborted) {
    const attempt = await tryAcquire(deps, options, seen, signal).catch((error: unknown) => {
      if (!signal.aborted) log.warn('lease not acquired', { lease: name, error: errorText(error) });
      return undefined;
    });
    if (attempt?.kind === 'held') {
      log.info('became leader', { lease: name, identity: options.identity });
      await leadWhileHeld(deps, options, { seen, sinceMs: attempt.atMs }, lead, signal);
      log.info('stopped leading', { lease: name });
    }
    if (!(await clock.sleep(retryPeriodMs * (1 + 0.2 * random.next()), signal))) return;
  }
}

interface Term {
  readonly seen: Seen;
  readonly sinceMs: number;
}

async function leadWhileHeld(
  deps: LeaderElectionDeps,
  options: LeaderElectionOptions,
  term: Term,
  lead: Run,
  signal: AbortSignal,
): Promise<void> {
  const { log } = deps;
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const failures: unknown[] = [];
  const leading = (async () => {
    try {
      await lead(controller.signal);
    } catch (error) {
      if (!controller.signal.aborted) failures.push(error);
    } finally {
      controller.abort();
    }
  })();
  const isLost = await renewWhileHeld(deps, options, term, controller);
  await leading;
  signal.removeEventListener('abort', onAbort);
  if (!isLost) {
    await release(deps, options).catch((error: unknown) => {
      log.warn('lease not released', { lease: options.name, error: errorText(error) });
    });
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * Renews until the term is over; aborts `controller` when it is over because the Lease is lost.
 * @returns whether it is
 */
async function renewWhileHeld(
  deps: LeaderElectionDeps,
  options: LeaderElectionOptions,
  { seen, sinceMs }: Term,
  controller: AbortController,
): Promise<boolean> {
  const { clock, log } = deps;
  const { renewDeadlineMs = 10_000, retryPeriodMs = 2000, name } = options;
  const { signal } = controller;
  let isLost = false;
  const lose = (): void => {
    isLost = true;
    controller.abort();
  };
  let cancelDeadline = (): void => {};
  const setDeadline = (fromMs: number): void => {
    cancelDeadline();
    cancelDeadline = clock.schedule(fromMs + renewDeadlineMs - clock.monotonicMs(), () => {
      log.warn('lease not renewed in time', { lease: name, deadlineMs: renewDeadlineMs });
      lose();
    });
  };
  setDeadline(sinceMs);
  while (await clock.sleep(retryPeriodMs, signal)) {
    try {
      const attempt = await tryAcquire(deps, options, seen, signal);
      if (attempt.kind === 'held') {
        setDeadline(attempt.atMs);
      } else if (attempt.holder !== '') {
        log.warn('lease taken by another', { lease: name, holder: attempt.holder });
        lose();
      }
    } catch (error) {
      if (!signal.aborted) log.warn('lease not renewed', { lease: name, error: errorText(error) });
    }
  }
  cancelDeadline();
  return isLost;
}

/** Takes or renews the Lease, in the time a leader has. */
async function tryAcquire(
  deps: LeaderElectionDeps,
  options: LeaderElectionOptions,
  seen: Seen,
  signal: AbortSignal,
): Promise<Attempt> {
  const { renewDeadlineMs = 10_000 } = options;
  const attempt = await withTimeout(renewDeadlineMs, signal, `renewing the lease ${options.name}`, (inner) =>
    acquire(deps, options, seen, inner),
  );
  if (attempt.kind === 'held') options.onLease?.(attempt.lease);
  return attempt;
}

async function acquire(
  { leases, clock }: LeaderElectionDeps,
  { namespace, name, identity, leaseDurationMs = 15_000 }: LeaderElectionOptions,
  seen: Seen,
  signal: AbortSignal,
): Promise<Attempt> {
  const atMs = clock.monotonicMs();
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
  try {
    if (current === undefined) {
      const spec = { ...held, acquireTime: now, leaseTransitions: 0 };
      const metadata = { namespace, name };
      const fresh: Lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
      return { kind: 'held', lease: await leases.create(fresh, {}, signal), atMs };
    }
    const { spec = {} } = current;
    observe(seen, spec, clock);
    const holder = spec.holderIdentity ?? '';
    if (holder !== identity && holder !== '' && !isExpired(seen, spec, clock, leaseDurationMs))
      return { kind: 'taken', holder };
    const changes =
      holder === identity
        ? held
        : { ...held, acquireTime: now, leaseTransitions: (spec.leaseTransitions ?? 0) + 1 };
    const lease = await leases.update({ ...current, spec: { ...spec, ...changes } }, {}, signal);
    return { kind: 'held', lease, atMs };
  } catch (error) {
    if (isApiError(error, 'ALREADY_EXISTS', 'CONFLICT')) return { kind: 'taken', holder: '' }; // another was faster
    throw error;
  }
}

type LeaseSpec = NonNullable<Lease['spec']>;

function observe(seen: Seen, spec: LeaseSpec, clock: Clock): void {
  const { holderIdentity, renewTime, acquireTime, leaseDurationSeconds, leaseTransitions } = spec;
  const record = JSON.stringify([
    holderIdentity,
    renewTime,
    acquireTime,
    leaseDurationSeconds,
    leaseTransitions,
  ]);
  if (record === seen.record) return;
  seen.record = record;
  seen.atMs = clock.monotonicMs();
}

/** The holder said how long its word holds; ours may be another length. */
function isExpired(
  seen: Seen,
  { leaseDurationSeconds = 0 }: LeaseSpec,
  clock: Clock,
  ownDurationMs: number,
): boolean {
  const durationMs = leaseDurationSeconds > 0 ? leaseDurationSeconds * 1000 : ownDurationMs;
  return clock.monotonicMs() - seen.atMs >= durationMs;
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
