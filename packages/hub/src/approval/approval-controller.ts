import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { createController, createWorkQueue } from '@clusternet/controller-kit';
import type { EventRecorder, Reconcile } from '@clusternet/controller-kit';
import { errorText } from '@clusternet/runtime';
import type { Clock, Logger, Metrics, Run } from '@clusternet/runtime';
import type { ParentCaches } from '../parent/caches.ts';
import type { ParentResources } from '../parent/resources.ts';
import { approve } from './approve.ts';
import type { Approval } from './approve.ts';
import { checkRequest } from './check-request.ts';

export interface ApprovalDeps {
  readonly caches: Pick<ParentCaches, 'requests'>;
  readonly resources: ParentResources;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The token controller fills a new token Secret in about this time, ms. */
const TOKEN_WAIT_MS = 300;

type RequestStatus = NonNullable<ClusterRegistrationRequest['status']>;

/** Approves registration requests, or says why not. */
export function createApprovalController(deps: ApprovalDeps): Run {
  const queue = createWorkQueue(deps.clock);
  const run = createController(
    {
      ...deps,
      queue,
      reconcile: createApprovalReconciler(deps),
      reportError: async (key, error, signal) => {
        const request = deps.caches.requests.store.get(key);
        if (request === undefined) return;
        deps.events.record(request, 'Warning', 'FailedApproving', errorText(error));
        await writeStatus(deps, request, notApproved('Failed', errorText(error)), signal);
      },
    },
    { name: 'crrapprover' },
  );
  return async (signal) => {
    const unsubscribe = deps.caches.requests.store.subscribe(({ key, before, after }) => {
      if (after !== undefined) queue.add(key, before === undefined ? 'background' : 'user');
    });
    for (const request of deps.caches.requests.store.list()) queue.add(request.metadata.name ?? '');
    await run(signal);
    unsubscribe();
  };
}

function createApprovalReconciler(deps: ApprovalDeps): Reconcile {
  return async (key, signal) => {
    const request = deps.caches.requests.store.get(key);
    if (request === undefined || request.metadata.deletionTimestamp !== undefined) return {};
    const check = checkRequest(request);
    if (check.kind === 'denied') {
      deps.log.warn('registration denied', { request: key, reason: check.message });
      await writeStatus(deps, request, notApproved('Denied', check.message), signal);
      return {};
    }
    if (request.status?.result === 'Approved') return {};
    const approval = await approve(deps.resources, key, check.cluster, signal);
    switch (approval.kind) {
      case 'waiting':
        return { requeueAfterMs: TOKEN_WAIT_MS };
      case 'failed':
        deps.events.record(request, 'Warning', 'FailedApproving', approval.message);
        await writeStatus(deps, request, notApproved('Failed', approval.message), signal);
        return { requeueAfterMs: 15_000 };
      case 'approved':
        await writeStatus(deps, request, approved(approval), signal);
        deps.log.info('cluster registered', { request: key, namespace: approval.namespace });
        deps.events.record(
          request,
          'Normal',
          'Approved',
          `cluster ${check.cluster.clusterName} is registered`,
        );
        return {};
    }
  };
}

function approved({
  namespace,
  managedClusterName,
  token,
  caCertificate,
}: Approval & { kind: 'approved' }): RequestStatus {
  return {
    result: 'Approved',
    errorMessage: '',
    dedicatedNamespace: namespace,
    managedClusterName,
    token,
    caCertificate,
  };
}

function notApproved(result: 'Denied' | 'Failed', errorMessage: string): RequestStatus {
  return {
    result,
    errorMessage,
    dedicatedNamespace: '',
    managedClusterName: '',
    token: '',
    caCertificate: '',
  };
}

async function writeStatus(
  { resources }: ApprovalDeps,
  request: ClusterRegistrationRequest,
  status: RequestStatus,
  signal: AbortSignal,
): Promise<void> {
  const before = request.status ?? {};
  const keys = Object.keys(status) as (keyof RequestStatus)[];
  if (keys.every((key) => (before[key] ?? '') === status[key])) return;
  const { name = '' } = request.metadata;
  await resources.requests.patch({ name }, 'merge', { status }, { subresource: 'status' }, signal);
}
