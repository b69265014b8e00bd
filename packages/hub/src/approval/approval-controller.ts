import {
  ANNOTATIONS,
  LABELS,
  NAMES,
  planFormerNamespaces,
  readFormerNamespaces,
} from '@clusternet/api-types';
import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { createController, createWorkQueue } from '@clusternet/controller-kit';
import type { EventRecorder, Reconcile, ReconcileResult } from '@clusternet/controller-kit';
import { errorText } from '@clusternet/runtime';
import type { Logger, Metrics, Run } from '@clusternet/runtime';
import { INDEX, clusterIdOf, clusterOfNamespace, countUnseenClusters } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import { approve } from './approve.ts';
import type { Approval, ApproveDeps } from './approve.ts';
import { checkRequest } from './check-request.ts';
import type { RequestedCluster } from './check-request.ts';
import { planDecision } from './plan-decision.ts';
import type { ApprovalMode } from './plan-decision.ts';
import type { RequestOutcome } from './plan-request-status.ts';
import { revoke } from './revoke.ts';
import { writeRequestStatus } from './write-request-status.ts';
import { issueCredential, planCredential } from './sealed-credential.ts';
import type { CredentialPlan } from './sealed-credential.ts';

export interface ApprovalDeps extends ApproveDeps {
  readonly caches: Pick<ParentCaches, 'clusters' | 'namespaces' | 'requests'>;
  readonly events: EventRecorder;
  readonly approvalMode: ApprovalMode;
  /** With so many clusters that never reported, further ones wait. */
  readonly maxUnseenClusters: number;
  /** How long the sealed credential of an agent lasts, ms. At least ten minutes. */
  readonly credentialLifetimeMs: number;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The token of a service account that takes long is looked for again after this, ms. */
const WAITING_RETRY_MS = 2000;
/** A request that cannot be approved as things are is looked at again after this, ms. */
const FAILED_RETRY_MS = 15_000;

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
        await writeRequestStatus(deps, request, { kind: 'failed', message: errorText(error) }, signal);
      },
    },
    { name: 'crrapprover' },
  );
  return async (signal) => {
    const { requests, namespaces, clusters } = deps.caches;
    const recheck = (clusterId: string | undefined): void => {
      const key = `${NAMES.objectPrefix}${clusterId ?? ''}`;
      if (requests.store.get(key) !== undefined) queue.add(key, 'user');
    };
    const ends = [
      requests.store.subscribe(({ key, before, after }) => {
        if (after !== undefined) queue.add(key, before === undefined ? 'background' : 'user');
      }),
      namespaces.store.subscribe(({ before, after }) => {
        // Labelled by hand, which a request that failed may have asked for; or deleted.
        recheck((after ?? before)?.metadata.labels?.[LABELS.clusterId]);
      }),
      clusters.store.subscribe(({ before, after }) => {
        if (after === undefined && before !== undefined) recheck(clusterIdOf(deps.caches, before));
      }),
    ];
    for (const request of deps.caches.requests.store.list()) queue.add(request.metadata.name ?? '');
    await run(signal);
    for (const end of ends) end();
  };
}

function createApprovalReconciler(deps: ApprovalDeps): Reconcile {
  const { caches, log } = deps;
  return async (key, signal) => {
    const request = caches.requests.store.get(key);
    if (request === undefined || request.metadata.deletionTimestamp !== undefined) return {};
    const check = checkRequest(request);
    if (check.kind === 'denied') {
      log.warn('registration denied', { request: key, reason: check.message });
      await writeRequestStatus(deps, request, check, signal);
      return {};
    }
    const decision = planDecision(request, deps.approvalMode);
    switch (decision.kind) {
      case 'denied':
        await revoke(deps.resources, check.cluster.clusterId, request.status?.dedicatedNamespace, signal);
        await writeRequestStatus(deps, request, decision, signal);
        return {};
      case 'waiting':
        await writeRequestStatus(deps, request, decision, signal);
        return {};
      case 'approve':
        return settle(deps, key, request, check.cluster, signal);
    }
  };
}

/** Makes, or completes, what an approved request asks for. */
async function settle(
  deps: ApprovalDeps,
  key: string,
  request: ClusterRegistrationRequest,
  cluster: RequestedCluster,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const { events, log } = deps;
  const wasApproved =
    request.status?.result === 'Approved' && request.status.dedicatedNamespace !== undefined;
  const isWhole = wasApproved && isRegistered(deps.caches, cluster.clusterId);
  const credential = planCredential(request, deps.credentialLifetimeMs, deps.clock.nowMs());
  if (isWhole && credential.kind === 'plain') return {};
  if (isWhole && credential.kind === 'fresh') return { requeueAfterMs: credential.requeueAfterMs };
  if (!wasApproved && countUnseenClusters(deps.caches) >= deps.maxUnseenClusters) {
    await writeRequestStatus(deps, request, tooManyUnseen(deps.maxUnseenClusters), signal);
    return { requeueAfterMs: FAILED_RETRY_MS };
  }
  const made = await approve(deps, key, cluster, credential.kind !== 'plain', signal);
  if (made.kind === 'approved') await recordFormer(deps, request, made.namespace, signal);
  const approval = await withCredential(deps, key, made, credential, signal);
  await writeRequestStatus(deps, request, approval, signal);
  switch (approval.kind) {
    case 'waiting':
      log.warn('registration waits', { request: key, reason: approval.message });
      return { requeueAfterMs: WAITING_RETRY_MS };
    case 'failed':
      events.record(request, 'Warning', 'FailedApproving', approval.message);
      return { requeueAfterMs: FAILED_RETRY_MS };
    case 'approved': {
      if (isWhole) return {}; // just a new credential
      log.info(wasApproved ? 'cluster registered anew' : 'cluster registered', {
        request: key,
        namespace: approval.namespace,
      });
      events.record(request, 'Normal', 'Approved', `cluster ${cluster.clusterName} is registered`);
      return {};
    }
  }
}

/** A cluster that gets another namespace still has objects in it that belong to the former one. */
async function recordFormer(
  { resources }: ApprovalDeps,
  request: ClusterRegistrationRequest,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  const { dedicatedNamespace = '' } = request.status ?? {};
  if (dedicatedNamespace === '' || dedicatedNamespace === namespace) return;
  const former = planFormerNamespaces(readFormerNamespaces(request, namespace), dedicatedNamespace);
  const annotations = { [ANNOTATIONS.formerNamespaces]: former };
  await resources.requests.patch(
    { name: request.metadata.name ?? '' },
    'merge',
    { metadata: { annotations } },
    {},
    signal,
  );
}

/** Whether what an approved request stands for is still there; what somebody deleted is made again. */
function isRegistered(caches: ApprovalDeps['caches'], clusterId: string): boolean {
  return caches.namespaces.store
    .byIndex(INDEX.clusterId, clusterId)
    .some(({ metadata }) => clusterOfNamespace(caches, metadata.name ?? '') !== undefined);
}

function tooManyUnseen(limit: number): RequestOutcome {
  const message = `${limit} clusters are registered and have never reported; this one waits until they do or are removed`;
  return { kind: 'waiting', reason: 'TooManyUnseenClusters', message };
}

/** Issues the sealed credential that an approved request asks for. */
async function withCredential(
  { resources, credentialLifetimeMs: lifetimeMs }: ApprovalDeps,
  requestName: string,
  approval: Approval,
  credential: CredentialPlan,
  signal: AbortSignal,
): Promise<Approval> {
  if (approval.kind !== 'approved' || credential.kind === 'plain') return approval;
  const { namespace, serviceAccount, isServiceAccountNew } = approval;
  if (credential.kind === 'fresh' && !isServiceAccountNew) return approval;
  const target = { requestName, namespace, serviceAccount, publicKey: credential.publicKey, lifetimeMs };
  const problem = await issueCredential(resources, target, signal);
  return problem === undefined ? approval : { kind: 'failed', message: problem };
}
