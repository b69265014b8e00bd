import { ANNOTATIONS } from '@clusternet/api-types';
import type { ManagedCluster } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import { createInformer, formatTime, mergeConditions } from '@clusternet/controller-kit';
import { equalJson } from '@clusternet/kube-data';
import { backoffMs, errorText, runAll } from '@clusternet/runtime';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import type { Child } from '../child.ts';
import { isAgentError } from '../errors.ts';
import type { AgentOptions } from '../options.ts';
import type { Parent } from '../registration/register.ts';
import { aggregateLabels, planLabelPatch } from './aggregate-labels.ts';
import { collectStatus } from './collect-status.ts';
import type { CollectDeps, CollectedStatus } from './collect-status.ts';
import { findCidrs } from './find-cidrs.ts';
import { createDeclaration, declarationOfRequest, planDeclaration } from './plan-declaration.ts';
import { createOwnCluster } from './own-cluster.ts';
import type { OwnCluster } from './own-cluster.ts';
import { createIdentityWatch } from './watch-identity.ts';

export interface ReportDeps {
  readonly child: Child;
  readonly parent: Parent;
  readonly options: AgentOptions;
  /** Calls back when a report is due at once, such as when the tunnel is back; the result ends it. */
  readonly onDue: (callback: () => void) => () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Address ranges are looked up again so often, ms: they hardly ever change. */
const CIDR_MS = 10 * 60_000;
const WRITE_ATTEMPTS = 5;
/** Another agent with our id reports within one of these; two in a row without it, and it is gone. */
const SETTLED_REPORTS = 2;

/**
 * Reports the status of this cluster: the first at once, then whatever changed at each collection, and a
 * heartbeat when nothing did.
 *
 * @throws {ApiError} `UNAUTHORIZED` when the parent no longer takes our credential; {AgentError}
 *   `NOT_REGISTERED` when it no longer knows this cluster. All else is tried again
 */
export async function runStatusReports(deps: ReportDeps, signal: AbortSignal): Promise<void> {
  const { child, clock, random, log } = deps;
  const nodes = createInformer(
    { resource: child.nodes, clock, random, log },
    {
      trim: ({ apiVersion, kind, metadata, status }) => {
        const { name = '', uid = '', resourceVersion = '', labels = {} } = metadata;
        const { capacity, allocatable, conditions } = (status ?? {}) as Record<string, unknown>;
        const kept = { name, uid, resourceVersion, labels };
        return { apiVersion, kind, metadata: kept, status: { capacity, allocatable, conditions } };
      },
    },
  );
  const cluster = createOwnCluster(deps);
  await runAll(
    [
      nodes.run,
      cluster.run,
      async (inner) => {
        await Promise.all([nodes.synced(inner), cluster.synced(inner)]);
        await reportLoop(deps, { getNodes: () => nodes.store.list(), cluster }, inner);
      },
    ],
    signal,
  );
}

interface ReportSources {
  readonly getNodes: CollectDeps['getNodes'];
  readonly cluster: OwnCluster;
}

async function reportLoop(deps: ReportDeps, sources: ReportSources, signal: AbortSignal): Promise<void> {
  const { clock, random, log, options } = deps;
  let cidrs: ReturnType<CollectDeps['getCidrs']> = {};
  let cidrsMs = -Infinity;
  let last: { readonly status: CollectedStatus; readonly atMs: number } | undefined;
  let failures = 0;
  const due = createWake(clock, [deps.onDue, sources.cluster.onReplaced]);
  const watchIdentity = createIdentityWatch(
    { identity: options.identity, server: deps.child.connection.server },
    options.statusReportMs * SETTLED_REPORTS,
  );
  while (!signal.aborted) {
    try {
      if (clock.monotonicMs() - cidrsMs > CIDR_MS) {
        cidrs = await findCidrs(deps.child, options, signal);
        cidrsMs = clock.monotonicMs();
      }
      const status = await collectStatus(
        { ...deps, getNodes: sources.getNodes, getCidrs: () => cidrs },
        signal,
      );
      const isHeartbeat = last === undefined || clock.monotonicMs() - last.atMs >= options.statusReportMs;
      if (isHeartbeat || due.isDue() || !isSame(last?.status, status)) {
        await report({ ...deps, ...sources, watchIdentity }, status, signal);
        last = { status, atMs: clock.monotonicMs() };
      }
      failures = 0;
    } catch (error) {
      if (isAborted(signal)) break;
      if (isApiError(error, 'UNAUTHORIZED') || isAgentError(error)) throw error;
      failures += 1;
      log.warn('status not reported', { error: errorText(error), failures });
    }
    const waitMs =
      failures > 0 ? backoffMs(failures, random.next(), { baseMs: 500 }) : options.statusCollectMs;
    await due.wait(Math.min(waitMs, options.statusCollectMs), signal);
  }
  due.end();
}

/** Aborting happens while an await is pending, which the compiler does not see. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function isSame(before: CollectedStatus | undefined, after: CollectedStatus): boolean {
  return before !== undefined && equalJson(before, after);
}

/** A wait that ends early when a report is due. */
function createWake(
  clock: Clock,
  sources: readonly ReportDeps['onDue'][],
): {
  isDue(): boolean;
  wait(ms: number, signal: AbortSignal): Promise<void>;
  end(): void;
} {
  let isDue = false;
  let wake = (): void => {};
  const ends = sources.map((onDue) =>
    onDue(() => {
      isDue = true;
      wake();
    }),
  );
  return {
    isDue: () => {
      const was = isDue;
      isDue = false;
      return was;
    },
    wait: async (ms, signal) => {
      if (isDue) return;
      const controller = new AbortController();
      const stop = (): void => controller.abort();
      wake = stop;
      signal.addEventListener('abort', stop, { once: true });
      await clock.sleep(ms, controller.signal);
      signal.removeEventListener('abort', stop);
    },
    end: () => {
      for (const end of ends) end();
    },
  };
}

interface WriteDeps extends ReportDeps, ReportSources {
  readonly watchIdentity: ReturnType<typeof createIdentityWatch>;
}

async function report(deps: WriteDeps, collected: CollectedStatus, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const cluster = await deps.cluster.get(attempt > 1, signal);
    try {
      await writeReport(deps, cluster, collected, signal);
      return;
    } catch (error) {
      // Forbidden where we may do nothing any more: asked anew, the parent then says that we are not registered.
      if (!isApiError(error, 'CONFLICT', 'FORBIDDEN', 'NOT_FOUND') || attempt === WRITE_ATTEMPTS) throw error;
    }
  }
}

async function writeReport(
  deps: WriteDeps,
  cluster: ManagedCluster,
  { fields, ready }: CollectedStatus,
  signal: AbortSignal,
): Promise<void> {
  const { parent, clock, options, watchIdentity, log } = deps;
  const { resource } = deps.cluster;
  const { name = '', namespace = '', resourceVersion, labels: live = {} } = cluster.metadata;
  const identity = watchIdentity(cluster, clock.nowMs());
  const updates = identity.condition === undefined ? [ready] : [ready, identity.condition];
  const conditions = mergeConditions(cluster.status?.conditions ?? [], updates, clock.nowMs());
  const status = { ...fields, lastObservedTime: formatTime(clock.nowMs()), conditions };
  const body = { metadata: { resourceVersion }, status };
  await resource.patch({ name, namespace }, 'merge', body, { subresource: 'status' }, signal);
  identity.accept(); // the version that it was read at was still the present one
  if (identity.condition?.status === 'True') log.error(identity.condition.message);

  const aggregated = aggregateLabels(deps.getNodes(), options.labelPrefixes, options.labelThreshold);
  const registered = declarationOfRequest(parent.request);
  const declared = planDeclaration(cluster, createDeclaration(options), registered);
  const labels = { ...declared?.labels, ...planLabelPatch(live, aggregated, options.labelPrefixes) };
  const annotations: Record<string, string> = { ...declared?.annotations };
  if (identity.annotation !== undefined) annotations[ANNOTATIONS.agentIdentity] = identity.annotation;
  if (Object.keys(labels).length + Object.keys(annotations).length === 0) return;
  const spec = Object.keys(declared?.spec ?? {}).length === 0 ? {} : { spec: declared?.spec };
  await resource.patch(
    { name, namespace },
    'merge',
    { metadata: { labels, annotations }, ...spec },
    {},
    signal,
  );
}
