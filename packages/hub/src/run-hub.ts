import { NAMES } from '@clusternet/api-types';
import type { Authorizer } from '@clusternet/apiserver';
import { createKubeClient } from '@clusternet/client';
import type { ConnectionConfig } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import type { RateLimit } from '@clusternet/client/undici';
import { runLeaderElection } from '@clusternet/controller-kit';
import type { Lease, LeaderElectionOptions } from '@clusternet/controller-kit';
import { runAll } from '@clusternet/runtime';
import type { Clock, Logger, Metrics, Random, Run } from '@clusternet/runtime';
import type { ApprovalMode } from './approval/plan-decision.ts';
import type { ClusterApiOptions } from './cluster-api/run-cluster-api.ts';
import { createDelegatedAuth } from './aggregated/delegated-auth.ts';
import { runAggregatedApi } from './aggregated/run-aggregated-api.ts';
import type { AggregatedApiDeps, AggregatedApiOptions } from './aggregated/run-aggregated-api.ts';
import { createParentCaches, runCaches, waitForCaches } from './parent/caches.ts';
import type { ParentCaches } from './parent/caches.ts';
import { createParentResources } from './parent/resources.ts';
import { joinRegistries } from './peers/join-registries.ts';
import { createShadowApi } from './shadow/shadow-api.ts';
import type { ShadowApi } from './shadow/shadow-api.ts';
import { createPeers } from './peers/run-peers.ts';
import type { PeersOptions } from './peers/run-peers.ts';
import { createChildClients } from './push/child-clients.ts';
import { createChildDialer } from './roles/child-dialer.ts';
import { createGetClusterTarget } from './roles/get-cluster-target.ts';
import { runControllers, runScheduler } from './roles/run-controllers.ts';
import { createTunnelEvidence } from './roles/tunnel-evidence.ts';
import { createHubAddressPublisher, createHubAddressRun, hostOf } from './serving/hub-address.ts';
import type { HubAddress, HubAddressDeps } from './serving/hub-address.ts';
import type { ServingDeps } from './serving/run-serving.ts';
import { serveWithSharedTls } from './serving/serve-with-shared-tls.ts';
import { createDeniedRefusal } from './tunnels/refuse-denied.ts';
import { createTunnelRegistry } from './tunnels/tunnel-registry.ts';

/** The parts that one hub process can play. */
export type HubRole = 'apiserver' | 'controllers' | 'scheduler';

export interface HubDeps extends Pick<AggregatedApiDeps, 'gatherMetrics' | 'version'> {
  /** To the parent's kube-apiserver. */
  readonly connection: ConnectionConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface HubOptions {
  readonly roles: ReadonlySet<HubRole>;
  /** Serving certificate. @default one that the hubs of the installation share, in Secret `clusternet-hub-serving` */
  readonly tls?: AggregatedApiDeps['tls'];
  readonly api?: Pick<
    AggregatedApiOptions,
    | 'drainTimeoutMs'
    | 'host'
    | 'isEndToEnd'
    | 'isSocketConnectionEnabled'
    | 'onListening'
    | 'port'
    | 'shutdownDelayMs'
  >;
  /** Where agents may come directly. @default nowhere: they come through kube-apiserver */
  readonly hubAddress?: HubAddress;
  readonly systemNamespace: string;
  readonly reservedNamespace: string;
  readonly isDeployerEnabled: boolean;
  /** The feature gate ShadowAPI: whether the role `apiserver` serves `shadow/v1alpha1`. @default false */
  readonly isShadowEnabled?: boolean;
  /** The feature gate FeedInUseProtection. @default false */
  readonly isFeedProtected?: boolean;
  /** The feature gate FeedInventory: whether this hub counts replicas, or somebody else does. @default true */
  readonly isCounting?: boolean;
  /** Has clusters join that Cluster API makes. @default there is none */
  readonly clusterApi?: ClusterApiOptions;
  /** The feature gate ClusterInit. @default false */
  readonly isClusterInitEnabled?: boolean;
  /** How long the sealed credential of an agent lasts, ms. At least ten minutes. @default 24 hours */
  readonly credentialLifetimeMs?: number;
  /** Who decides on requests for registration. @default 'auto' */
  readonly approvalMode?: ApprovalMode;
  /** With so many clusters that never reported, further registrations wait. @default 1000 */
  readonly maxUnseenClusters?: number;
  /** Requests to the parent's kube-apiserver. @default no limit */
  readonly rateLimit?: RateLimit;
  readonly isLeaderElected: boolean;
  /** How this process finds other hubs, and they it. @default it does not: it is alone */
  readonly peers?: Pick<PeersOptions, 'advertiseAddress' | 'host' | 'port'>;
  readonly election: Pick<
    LeaderElectionOptions,
    'identity' | 'leaseDurationMs' | 'renewDeadlineMs' | 'retryPeriodMs'
  >;
  /** Told when a role starts or stops its work. */
  readonly onRole?: (role: HubRole, isActive: boolean) => void;
}

const DAY_MS = 86_400_000;
const MAX_UNSEEN_CLUSTERS = 1000;

type CacheName = keyof ParentCaches;

const CACHES: Readonly<Record<HubRole, readonly CacheName[]>> = {
  apiserver: ['clusters', 'namespaces', 'requests', 'childSecrets', 'visitorSecrets'],
  scheduler: ['clusters', 'subscriptions', 'inventories'],
  controllers: [
    'clusters',
    'namespaces',
    'childSecrets',
    'requests',
    'subscriptions',
    'bases',
    'descriptions',
    'globalizations',
    'localizations',
    'inventories',
    'manifests',
  ],
};

/**
 * Runs a hub in the roles it is given until `signal` aborts. Replicas with the role `apiserver` are all active;
 * of the other roles one replica works, under the Lease that Go components use.
 */
export async function runHub(deps: HubDeps, options: HubOptions, signal: AbortSignal): Promise<void> {
  const { clock, random, log, metrics } = deps;
  const { roles } = options;
  await using transport = createTransport(
    deps.connection,
    options.rateLimit === undefined ? {} : { rateLimit: options.rateLimit },
  );
  const client = createKubeClient(transport);
  const resources = createParentResources(client);
  const registry = roles.has('apiserver') ? createTunnelRegistry({ clock, log, metrics }) : undefined;
  const auth = createDelegatedAuth({ client, clock, random, log });
  await using shadow = createShadow(deps, options, auth.authorize);
  const caches = createParentCaches({
    resources,
    reservedNamespace: options.reservedNamespace,
    manifestTap: shadow?.tap,
    clock,
    random,
    log,
  });
  const leases = client.resource<Lease>({
    group: 'coordination.k8s.io',
    version: 'v1',
    plural: 'leases',
    kind: 'Lease',
    namespaced: true,
  });
  const names = [...new Set([...roles].flatMap((role) => CACHES[role]))];
  if (shadow !== undefined && !names.includes('manifests')) names.push('manifests');
  const peers =
    options.peers !== undefined && (roles.has('apiserver') || roles.has('controllers'))
      ? createPeers(
          {
            leases,
            secrets: resources.secrets,
            namespace: options.systemNamespace,
            identity: options.election.identity,
            local: registry,
            clock,
            random,
            log,
            metrics,
          },
          { ...options.election, ...options.peers },
        )
      : undefined;
  const tunnels = joinRegistries(registry, peers?.remote);
  const userAgent = deps.connection.userAgent ?? 'clusternet-hub';
  await using children = createChildClients(caches, createChildDialer(tunnels), userAgent);
  const roleDeps = { client, resources, caches, clock, random, log, metrics };

  const elected = (role: HubRole, name: string, work: Run): Run => {
    const lead: Run = async (inner) => {
      await waitForCaches(caches, CACHES[role], inner);
      options.onRole?.(role, true);
      await work(inner);
      options.onRole?.(role, false);
    };
    if (!options.isLeaderElected) return lead;
    const election = { ...options.election, namespace: options.systemNamespace, name };
    return (inner) => runLeaderElection({ leases, clock, random, log }, election, lead, inner);
  };

  // What callers have under way goes through peers, and reads caches: both stay until callers are served.
  const callersServed = new AbortController();
  const whileServing = (run: Run): Run => (registry === undefined ? run : () => run(callersServed.signal));
  const runs: Run[] = [whileServing(runCaches(caches, names))];
  if (peers !== undefined) runs.push(whileServing(peers.run));
  if (registry !== undefined) runs.push(createDeniedRefusal({ requests: caches.requests, registry, log }));
  if (shadow !== undefined) runs.push(whileServing(shadow.run));
  if (registry !== undefined) {
    const address = planHubAddress({ ...roleDeps, ...resources }, options);
    const serving = { ...roleDeps, ...resources, namespace: options.systemNamespace, ...address };
    runs.push(...address.runs);
    const getTarget = createGetClusterTarget(caches);
    runs.push(async (inner) => {
      try {
        await waitForCaches(caches, CACHES.apiserver, inner);
        options.onRole?.('apiserver', true);
        const served = { ...deps, auth, registry, peers, getTarget };
        const apiOptions = { ...options.api, ...createShadowOptions(shadow) };
        const { tls } = options;
        if (tls === undefined) await serveWithSharedTls(served, serving, apiOptions, inner);
        else await runAggregatedApi({ ...served, tls }, apiOptions, inner);
        options.onRole?.('apiserver', false);
      } finally {
        callersServed.abort();
      }
    });
  }
  if (roles.has('controllers')) {
    const canSee = registry !== undefined || peers !== undefined;
    const evidence = canSee ? createTunnelEvidence(tunnels, () => peers?.isBlind ?? false, clock) : undefined;
    const work: Run = (inner) =>
      runControllers(
        {
          ...roleDeps,
          children,
          tunnels: evidence,
          parentCaPem: deps.connection.caPem,
          isDeployerEnabled: options.isDeployerEnabled,
          isFeedProtected: options.isFeedProtected ?? false,
          isCounting: options.isCounting ?? true,
          clusterApi: options.clusterApi,
          isClusterInitEnabled: options.isClusterInitEnabled ?? false,
          credentialLifetimeMs: options.credentialLifetimeMs ?? DAY_MS,
          approvalMode: options.approvalMode ?? 'auto',
          maxUnseenClusters: options.maxUnseenClusters ?? MAX_UNSEEN_CLUSTERS,
        },
        inner,
      );
    runs.push(elected('controllers', NAMES.controllerManagerLease, work));
  }
  if (roles.has('scheduler')) {
    runs.push(elected('scheduler', NAMES.schedulerLease, (inner) => runScheduler(roleDeps, inner)));
  }
  await runAll(runs, signal);
}

/** What an address of hubs themselves, if there is one, means for the certificate, and what tells agents. */
function planHubAddress(
  deps: Omit<HubAddressDeps, 'namespace'> & Pick<HubDeps, 'clock'>,
  { hubAddress, systemNamespace: namespace, tls }: HubOptions,
): Pick<ServingDeps, 'ownHost' | 'publishAddress'> & { readonly runs: readonly Run[] } {
  if (hubAddress === undefined) return { runs: [] };
  const publishAddress = createHubAddressPublisher({ ...deps, namespace }, hubAddress);
  const runs = tls === undefined ? [] : [createHubAddressRun(publishAddress, deps.clock)];
  return { ownHost: hostOf(hubAddress), publishAddress, runs };
}

/** Its requests are those of callers, whom the parent has let in: they do not share the hub's own budget. */
function createShadow(
  deps: HubDeps,
  options: HubOptions,
  authorize: Authorizer,
): (AsyncDisposable & ShadowApi) | undefined {
  if (!options.roles.has('apiserver') || options.isShadowEnabled !== true) return undefined;
  const transport = createTransport(deps.connection);
  const { reservedNamespace } = options;
  const api = createShadowApi({ ...deps, client: createKubeClient(transport), reservedNamespace, authorize });
  return { ...api, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
}

function createShadowOptions(
  shadow: ShadowApi | undefined,
): Pick<AggregatedApiOptions, 'addResources' | 'healthChecks'> {
  if (shadow === undefined) return {};
  const check = { name: 'shadow', run: shadow.describeWait, isReadinessOnly: true };
  return { addResources: shadow.attach, healthChecks: [check] };
}
