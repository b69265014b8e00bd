import { LABELS, NAMES } from '@clusternet/api-types';
import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { createController, createWorkQueue, mergeConditions } from '@clusternet/controller-kit';
import type { EventRecorder, Reconcile } from '@clusternet/controller-kit';
import { errorText } from '@clusternet/runtime';
import type { Logger, Metrics, Run } from '@clusternet/runtime';
import type { ParentCaches } from '../parent/caches.ts';
import { approve } from './approve.ts';
import type { Approval, ApproveDeps } from './approve.ts';
import { checkRequest } from './check-request.ts';
import { planRequestStatus } from './plan-request-status.ts';
import type { RequestOutcome } from './plan-request-status.ts';
import { issueCredential, planCredential } from './sealed-credential.ts';
import type { CredentialPlan } from './sealed-credential.ts';

export interface ApprovalDeps extends ApproveDeps {
  readonly caches: Pick<ParentCaches, 'namespaces' | 'requests'>;
  readonly events: EventRecorder;
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
        await writeStatus(deps, request, { kind: 'failed', message: errorText(error) }, signal);
      },
    },
    { name: 'crrapprover' },
  );
  return async (signal) => {
    const { requests, namespaces } = deps.caches;
    const ends = [
      requests.store.subscribe(({ key, before, after }) => {
        if (after !== undefined) queue.add(key, before === undefined ? 'background' : 'user');
      }),
      namespaces.store.subscribe(({ after }) => {
        // Labelled by hand, which a request that failed may have asked for.
        const key = `${NAMES.objectPrefix}${after?.metadata.labels?.[LABELS.clusterId] ?? ''}`;
        if (requests.store.get(key) !== undefined) queue.add(key, 'user');
      }),
    ];
    for (const request of deps.caches.requests.store.list()) queue.add(request.metadata.name ?? '');
    await run(signal);
    for (const end of ends) end();
  };
}

function createApprovalReconciler(deps: ApprovalDeps): Reconcile {
  const { caches, events, log } = deps;
  return async (key, signal) => {
    const request = caches.requests.store.get(key);
    if (request === undefined || request.metadata.deletionTimestamp !== undefined) return {};
    const check = checkRequest(request);
    if (check.kind === 'denied') {
      log.warn('registration denied', { request: key, reason: check.message });
      await writeStatus(deps, request, check, signal);
      return {};
    }
    const isApproved = request.status?.result === 'Approved';
    const credential = planCredential(request, deps.credentialLifetimeMs, deps.clock.nowMs());
    if (isApproved && credential.kind === 'plain') return {};
    if (isApproved && credential.kind === 'fresh') return { requeueAfterMs: credential.requeueAfterMs };
    const isSealed = credential.kind !== 'plain';
    const made = await approve(deps, key, check.cluster, isSealed, signal);
    const approval = await withCredential(deps, key, made, credential, signal);
    await writeStatus(deps, request, approval, signal);
    switch (approval.kind) {
      case 'waiting':
        log.warn('registration waits', { request: key, reason: approval.message });
        return { requeueAfterMs: WAITING_RETRY_MS };
      case 'failed':
        events.record(request, 'Warning', 'FailedApproving', approval.message);
        return { requeueAfterMs: FAILED_RETRY_MS };
      case 'approved': {
        if (isApproved) return {}; // just a new credential
        log.info('cluster registered', { request: key, namespace: approval.namespace });
        const message = `cluster ${check.cluster.clusterName} is registered`;
        events.record(request, 'Normal', 'Approved', message);
        return {};
      }
    }
  };
}

/** Issues the sealed credential that an approved request asks for. */
async function withCredential(
  { resources, credentialLifetimeMs: lifetimeMs }: ApprovalDeps,
  requestName: string,
  approval: Approval,
  credential: CredentialPlan,
  signal: AbortSignal,
): Promise<Approval> {
  if (approval.kind !== 'approved' || credential.kind !== 'issue') return approval;
  const { namespace, serviceAccount } = approval;
  const target = { requestName, namespace, serviceAccount, publicKey: credential.publicKey, lifetimeMs };
  const problem = await issueCredential(resources, target, signal);
  return problem === undefined ? approval : { kind: 'failed', message: problem };
}

async function writeStatus(
  { resources, clock }: ApprovalDeps,
  request: ClusterRegistrationRequest,
  outcome: RequestOutcome,
  signal: AbortSignal,
): Promise<void> {
  const { name = '', generation = 0 } = request.metadata;
  const before = request.status ?? {};
  const { fields, conditions: updates } = planRequestStatus(outcome, generation);
  const conditions = mergeConditions(before.conditions ?? [], updates, clock.nowMs());
  const names = Object.keys(fields) as (keyof typeof fields)[];
  if (
    conditions === before.conditions &&
    names.every((field) => (before[field] ?? '') === (fields[field] ?? ''))
  )
    return;
  const status = { ...fields, conditions, observedGeneration: generation };
  await resources.requests.patch({ name }, 'merge', { status }, { subresource: 'status' }, signal);
}
