import { readFormerNamespaces } from '@clusternet/api-types';
import type { Description } from '@clusternet/api-types';
import { clusternetRef } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { createController, createWorkQueue, keyOf } from '@clusternet/controller-kit';
import type { EventRecorder, Informer } from '@clusternet/controller-kit';
import { createDescriptionReconciler } from '@clusternet/deployer';
import type { Clock, Logger, Metrics, Run } from '@clusternet/runtime';
import type { AgentOptions } from '../options.ts';
import type { Parent } from '../registration/register.ts';

export interface PullDeps {
  readonly parent: Parent;
  /** The child as its deployer service account. */
  readonly deployer: KubeClient;
  readonly descriptions: Informer<Description>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/**
 * Whether this agent delivers to its own cluster, by its own flags.
 * @see docs/spec/delivery.md, "Who deploys"
 */
export function isPulling({
  syncMode,
  isAppPusherEnabled,
}: Pick<AgentOptions, 'isAppPusherEnabled' | 'syncMode'>): boolean {
  return syncMode === 'Pull' || (syncMode === 'Dual' && !isAppPusherEnabled);
}

/** A Description may hold hundreds of objects, ms. */
const DELIVERY_TIMEOUT_MS = 300_000;

/** Delivers the Descriptions of the dedicated namespace to this cluster. */
export function createPullController(deps: PullDeps): Run {
  const { descriptions, clock, parent, deployer } = deps;
  const queue = createWorkQueue(clock);
  const formerNamespaces = readFormerNamespaces(parent.request, parent.credential.namespace);
  const reconcile = createDescriptionReconciler({
    ...deps,
    descriptions: parent.client.resource<Description>(clusternetRef('Description')),
    getDescription: (key) => descriptions.store.get(key),
    getTarget: () => Promise.resolve({ kind: 'child', child: deployer, formerNamespaces }),
  });
  const run = createController(
    { ...deps, queue, reconcile },
    { name: 'pull', workers: 4, timeoutMs: DELIVERY_TIMEOUT_MS },
  );
  return async (signal) => {
    const end = descriptions.store.subscribe(({ key, before, after }) => {
      if (after === undefined) return;
      const isChanged =
        before?.metadata.generation !== after.metadata.generation ||
        before?.metadata.deletionTimestamp !== after.metadata.deletionTimestamp;
      if (isChanged) queue.add(key, 'user');
    });
    await descriptions.synced(signal);
    for (const description of descriptions.store.list()) queue.add(keyOf(description));
    await run(signal);
    end();
  };
}
