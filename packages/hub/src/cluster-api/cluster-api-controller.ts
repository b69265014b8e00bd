import { createHash } from 'node:crypto';
import { ANNOTATIONS } from '@clusternet/api-types';
import type { ManagedCluster } from '@clusternet/api-types';
import { createController, createInformer, createWorkQueue, keyOf } from '@clusternet/controller-kit';
import type {
  EventRecorder,
  Informer,
  Reconcile,
  ReconcileResult,
  WorkQueue,
} from '@clusternet/controller-kit';
import { errorText, runAll } from '@clusternet/runtime';
import type { Clock, Logger, Metrics, Random, Run } from '@clusternet/runtime';
import type { ParentCaches } from '../parent/caches.ts';
import type { ParentResources, Secret } from '../parent/resources.ts';
import { isDetaching } from '../lifecycle/plan-detach.ts';
import { REGISTRATION_REF } from './management.ts';
import type { CapiCluster, Management } from './management.ts';
import { CLUSTER_NAME_LABEL, planDepartures, planMembership } from './plan-membership.ts';
import { planResourceSet } from './plan-resource-set.ts';
import type { ResourceSetPlan } from './plan-resource-set.ts';
import { readRegistration } from './registration.ts';

export interface ClusterApiDeps {
  readonly management: Management;
  readonly resources: Pick<ParentResources, 'clusters'>;
  readonly caches: Pick<ParentCaches, 'clusters'>;
  /** Writes to the management cluster. */
  readonly events: EventRecorder;
  /** Those of `deploy/agent`, YAML. */
  readonly manifests: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** What somebody changed of our objects is put right after this, ms. */
const RECHECK_MS = 600_000;
/** Stands for all members whose Cluster may be gone; no key of a Cluster looks like it. */
const DEPARTURES = '//departures';

/** Has clusters that Cluster API makes join the fleet, and lets those go that it deletes, until `signal` aborts. */
export function createClusterApiController(deps: ClusterApiDeps): Run {
  const { management, caches } = deps;
  const queue = createWorkQueue(deps.clock);
  const clusters = createInformer<CapiCluster>({ ...deps, resource: management.clusters }, { trim });
  const registrations = createInformer<Secret>(
    { ...deps, resource: management.secrets },
    { namespace: REGISTRATION_REF.namespace, fieldSelector: `metadata.name=${REGISTRATION_REF.name}` },
  );
  const reconcile = createReconciler(deps, clusters, registrations);
  const run = createController(
    {
      ...deps,
      queue,
      reconcile,
      reportError: (key, error) => {
        const cluster = clusters.store.get(key);
        if (cluster !== undefined) deps.events.record(cluster, 'Warning', 'FailedJoining', errorText(error));
        return Promise.resolve();
      },
    },
    { name: 'clusterdiscovery' },
  );
  const work: Run = async (signal) => {
    await Promise.all([clusters.synced(signal), registrations.synced(signal)]);
    if (signal.aborted) return;
    const ends = subscribe(queue, clusters, registrations, caches);
    await run(signal);
    for (const end of ends) end();
  };
  return (signal) => runAll([clusters.run, registrations.run, work], signal);
}

function subscribe(
  queue: WorkQueue,
  clusters: Informer<CapiCluster>,
  registrations: Informer<Secret>,
  caches: ClusterApiDeps['caches'],
): (() => void)[] {
  const addAll = (): void => {
    for (const cluster of clusters.store.list()) queue.add(keyOf(cluster));
  };
  addAll();
  queue.add(DEPARTURES);
  return [
    clusters.store.subscribe(({ key, after }) => queue.add(after === undefined ? DEPARTURES : key)),
    registrations.store.subscribe(addAll),
    // It may have joined in the moment in which its Cluster was deleted.
    caches.clusters.store.subscribe(({ before, after }) => {
      if (before === undefined && after !== undefined) queue.add(DEPARTURES);
    }),
  ];
}

/** What is looked at of a Cluster, which may be large. */
function trim({ apiVersion, kind, metadata, status }: CapiCluster): CapiCluster {
  const { phase } = status ?? {};
  return { apiVersion, kind, metadata, status: phase === undefined ? {} : { phase } };
}

function createReconciler(
  deps: ClusterApiDeps,
  clusters: Informer<CapiCluster>,
  registrations: Informer<Secret>,
): Reconcile {
  const { management, events, log, manifests } = deps;
  const { namespace, name } = REGISTRATION_REF;
  /** Hashes of what was applied for each Cluster; most of their changes do not concern us. */
  const applied = new Map<string, { readonly hash: string; readonly untilMs: number }>();
  const refuse = (cluster: CapiCluster, message: string): ReconcileResult => {
    events.record(cluster, 'Warning', 'CannotJoin', message);
    log.warn('cluster of Cluster API cannot join', { cluster: keyOf(cluster), reason: message });
    return {};
  };
  return async (key, signal) => {
    if (key === DEPARTURES) {
      await letGo(deps, clusters, signal);
      return {};
    }
    const cluster = clusters.store.get(key);
    const plan = cluster === undefined ? undefined : planMembership(cluster, management.id);
    if (cluster === undefined || plan === undefined || plan.kind === 'wait') {
      applied.delete(key);
      return {};
    }
    if (plan.kind === 'invalid') return refuse(cluster, plan.message);
    const registration = readRegistration(registrations.store.get(`${namespace}/${name}`));
    if (typeof registration === 'string') return refuse(cluster, registration);
    const { ref } = management.resourceSets;
    const apiVersion = `${ref.group}/${ref.version}`;
    const objects = planResourceSet({ cluster, plan, registration, manifests, apiVersion });
    const hash = createHash('sha256').update(JSON.stringify(objects)).digest('base64');
    const last = applied.get(key);
    const nowMs = deps.clock.monotonicMs();
    if (last?.hash === hash && nowMs < last.untilMs) return {};
    await apply(deps, cluster, objects, signal);
    applied.set(key, { hash, untilMs: nowMs + RECHECK_MS });
    if (last?.hash !== hash) {
      log.info('cluster of Cluster API joins', { cluster: key });
      events.record(cluster, 'Normal', 'Joining', 'the agent of the fleet is handed to this cluster');
    }
    return { requeueAfterMs: RECHECK_MS };
  };
}

async function apply(
  { management }: ClusterApiDeps,
  cluster: CapiCluster,
  { secret, resourceSet }: ResourceSetPlan,
  signal: AbortSignal,
): Promise<void> {
  const { namespace = '', name = '', labels = {} } = cluster.metadata;
  const ours = { namespace, name: secret.metadata.name ?? '' };
  const options = { fieldManager: 'clusternet', force: true };
  await management.secrets.patch(ours, 'apply', secret, options, signal);
  await management.resourceSets.patch(ours, 'apply', resourceSet, options, signal);
  if (labels[CLUSTER_NAME_LABEL] === name) return;
  const metadata = { labels: { [CLUSTER_NAME_LABEL]: name } };
  await management.clusters.patch({ namespace, name }, 'merge', { metadata }, {}, signal);
}

/** What Cluster API has deleted cannot be reached any more: its member leaves without the child. */
async function letGo(
  { management, resources, caches, log }: ClusterApiDeps,
  clusters: Informer<CapiCluster>,
  signal: AbortSignal,
): Promise<void> {
  const members = caches.clusters.store.list();
  const departed = planDepartures(members, clusters.store.list(), management.id);
  const staying = (member: ManagedCluster): boolean => !isDetaching(member);
  for (const { metadata } of departed.filter(staying)) {
    const { namespace = '', name = '' } = metadata;
    const annotations = { [ANNOTATIONS.detach]: 'Force' };
    await resources.clusters.patch({ namespace, name }, 'merge', { metadata: { annotations } }, {}, signal);
    log.info('cluster was deleted by Cluster API, and leaves the fleet', { cluster: `${namespace}/${name}` });
  }
}
