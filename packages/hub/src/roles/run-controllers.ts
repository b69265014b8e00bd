import type { Base } from '@clusternet/api-types';
import { createEventRecorder } from '@clusternet/controller-kit';
import type { KubeClient } from '@clusternet/client';
import { runAll } from '@clusternet/runtime';
import type { Clock, Logger, Metrics, Random } from '@clusternet/runtime';
import { createApprovalController } from '../approval/approval-controller.ts';
import { createClusterApiRun } from '../cluster-api/run-cluster-api.ts';
import type { ClusterApiOptions } from '../cluster-api/run-cluster-api.ts';
import { createDistributionController } from '../distribution/distribution-controller.ts';
import { createFeedProblems } from '../distribution/feed-problems.ts';
import { createFeedGuardController } from '../feeds/feed-guard-controller.ts';
import { createOverrideRelease } from '../feeds/release-overrides.ts';
import { createDetachController } from '../lifecycle/detach-controller.ts';
import { createInventoryController } from '../inventory/inventory-controller.ts';
import { createLifecycleController } from '../lifecycle/lifecycle-controller.ts';
import type { TunnelEvidenceSource } from '../lifecycle/lifecycle-controller.ts';
import { createPlacementController } from '../placement/placement-controller.ts';
import type { ApprovalMode } from '../approval/plan-decision.ts';
import type { ParentCaches } from '../parent/caches.ts';
import type { ParentResources } from '../parent/resources.ts';
import { createChildSecretController } from '../push/child-secret-controller.ts';
import type { ChildClients } from '../push/child-clients.ts';
import { createPushController } from '../push/push-controller.ts';
import { createStatusController } from '../status/status-controller.ts';

export interface RoleDeps {
  readonly client: KubeClient;
  readonly resources: ParentResources;
  readonly caches: ParentCaches;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface ControllersDeps extends RoleDeps {
  readonly tunnels: TunnelEvidenceSource | undefined;
  readonly children: ChildClients;
  /** The feature gate Deployer. */
  readonly isDeployerEnabled: boolean;
  /** The feature gate FeedInUseProtection. */
  readonly isFeedProtected: boolean;
  /** The feature gate FeedInventory. */
  readonly isCounting: boolean;
  readonly clusterApi: ClusterApiOptions | undefined;
  /** PEM of the CA of the parent. */
  readonly parentCaPem: string | undefined;
  readonly credentialLifetimeMs: number;
  readonly approvalMode: ApprovalMode;
  readonly maxUnseenClusters: number;
  /** The feature gate ClusterInit. */
  readonly isClusterInitEnabled: boolean;
}

/** Plays the role of the controller manager until `signal` aborts. Needs its caches synced. */
export async function runControllers(deps: ControllersDeps, signal: AbortSignal): Promise<void> {
  const events = createEventRecorder({ ...deps, component: 'clusternet-controller-manager' });
  const problems = createFeedProblems();
  const status = createStatusController({ ...deps, problems, events });
  const onProblems = (base: Base): void => {
    status.onProblems(base);
  };
  const runs = [
    createApprovalController({ ...deps, events }),
    createLifecycleController({ ...deps, events }),
    createDetachController({ ...deps, events }),
  ];
  if (deps.clusterApi !== undefined) runs.push(createClusterApiRun(deps, deps.clusterApi));
  if (deps.isDeployerEnabled) {
    runs.push(
      createDistributionController({ ...deps, problems, onProblems, events }),
      createPushController({ ...deps, events }),
      createChildSecretController(deps),
      createFeedGuardController(deps),
      createOverrideRelease(deps),
      status.run,
    );
    if (deps.isCounting) runs.push(createInventoryController({ ...deps, events }));
  }
  await runAll(runs, signal);
  await events.flush();
}

/** Plays the role of the scheduler until `signal` aborts. Needs its caches synced. */
export async function runScheduler(deps: RoleDeps, signal: AbortSignal): Promise<void> {
  const events = createEventRecorder({ ...deps, component: 'clusternet-scheduler' });
  await createPlacementController({ ...deps, events })(signal);
  await events.flush();
}
