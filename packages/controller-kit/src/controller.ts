import { isApiError } from '@clusternet/client';
import { errorText, withTimeout } from '@clusternet/runtime';
import type { Clock, Counter, Gauge, Histogram, Logger, Metrics, Run } from '@clusternet/runtime';
import { isTerminalError } from './errors.ts';
import type { WorkQueue } from './work-queue.ts';

/** What a reconcile wants next: nothing, or another look. */
export interface ReconcileResult {
  readonly requeueAfterMs?: number;
}

/** Brings what a key stands for to what it should be. Throws to be tried again with backoff. */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<ReconcileResult>;

export interface ControllerDeps {
  readonly queue: WorkQueue;
  readonly reconcile: Reconcile;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Puts a thrown error on the object, so that its owner sees it. Called once per failure that is more than a race. */
  readonly reportError?: (key: string, error: unknown, signal: AbortSignal) => Promise<void>;
}

export interface ControllerOptions {
  /** In logs and metrics. */
  readonly name: string;
  /** Keys worked on at the same time. @default 4 */
  readonly workers?: number;
  /** Longest time for one key, ms. @default 60000 */
  readonly timeoutMs?: number;
}

/** Conflicts in a row that are the usual race; more are a fight with another writer, which somebody should know of. */
const MAX_QUIET_CONFLICTS = 5;
const REPORT_TIMEOUT_MS = 10_000;

interface ControllerMetrics {
  readonly total: Counter;
  readonly errors: Counter;
  readonly seconds: Histogram;
  readonly depth: Gauge;
}

/**
 * Works through a queue until the signal aborts. The same key is never worked on twice at once; nothing that
 * `reconcile` throws ends the loop.
 */
export function createController(deps: ControllerDeps, options: ControllerOptions): Run {
  const { name, workers = 4 } = options;
  const labelNames = ['controller'];
  const metrics: ControllerMetrics = {
    total: deps.metrics.counter({ name: 'clusternet_reconcile_total', help: 'Keys reconciled.', labelNames }),
    errors: deps.metrics.counter({
      name: 'clusternet_reconcile_errors_total',
      help: 'Reconciles that failed.',
      labelNames,
    }),
    seconds: deps.metrics.histogram({
      name: 'clusternet_reconcile_seconds',
      help: 'Time of one reconcile.',
      labelNames,
    }),
    depth: deps.metrics.gauge({
      name: 'clusternet_queue_depth_keys',
      help: 'Keys ready to be worked on.',
      labelNames,
    }),
  };
  const log = deps.log.child({ controller: name });
  return async (signal) => {
    const work = async (): Promise<void> => {
      for (let key = await deps.queue.take(signal); key !== undefined; key = await deps.queue.take(signal)) {
        metrics.depth.set(deps.queue.depth, { controller: name });
        try {
          await reconcileOnce({ ...deps, log: log.child({ key }) }, options, metrics, key, signal);
        } finally {
          deps.queue.done(key);
        }
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
  };
}

async function reconcileOnce(
  { queue, reconcile, clock, log, reportError }: ControllerDeps,
  { name, timeoutMs = 60_000 }: ControllerOptions,
  metrics: ControllerMetrics,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  const labels = { controller: name };
  const startMs = clock.monotonicMs();
  try {
    const { requeueAfterMs } = await withTimeout(timeoutMs, signal, `${name} ${key}`, (inner) =>
      reconcile(key, inner),
    );
    queue.forget(key);
    if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs);
  } catch (error) {
    if (signal.aborted) return;
    const failures = queue.failures(key) + 1;
    if (isApiError(error, 'CONFLICT') && failures <= MAX_QUIET_CONFLICTS) {
      // The cache was behind: the event that is on its way, or the retry, sees the new version.
      log.debug('reconcile met a conflict', { error: errorText(error) });
      queue.addRateLimited(key);
      return;
    }
    metrics.errors.add(1, labels);
    const isTerminal = isTerminalError(error);
    log.warn('reconcile failed', { error: errorText(error), terminal: isTerminal, failures });
    if (isTerminal) queue.forget(key);
    else queue.addRateLimited(key);
    await report(reportError, key, error, { log, signal });
  } finally {
    metrics.total.add(1, labels);
    metrics.seconds.observe((clock.monotonicMs() - startMs) / 1000, labels);
  }
}

/** Telling of a failure must neither fail nor hold up the loop. */
async function report(
  reportError: ControllerDeps['reportError'],
  key: string,
  error: unknown,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  if (reportError === undefined) return;
  try {
    await withTimeout(REPORT_TIMEOUT_MS, signal, 'reporting the failure', (inner) =>
      reportError(key, error, inner),
    );
  } catch (failure) {
    if (!signal.aborted) log.warn('reporting the failure failed', { error: errorText(failure) });
  }
}
