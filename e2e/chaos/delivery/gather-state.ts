import { LABELS } from '@clusternet/api-types';
import type { Subscription } from '@clusternet/api-types';
import { clusternetRef } from '@clusternet/client';
import { findCondition } from '@clusternet/controller-kit';
import type { KubeObject } from '@clusternet/kube-data';
import { core } from '../../harness/journey.ts';
import type { ChaosFleet } from './chaos-fleet.ts';
import type { DeliveryState, SeenObject } from './check-delivery.ts';
import { wantedOf } from './wishes.ts';
import type { Wish } from './wishes.ts';
import { NAMESPACE } from './write-wish.ts';

const OWNER = 'apps.clusternet.io/owned-by-description';

/** By cluster, then by name: what bears an owner of ours. */
export async function gatherSeen(fleet: ChaosFleet): Promise<Map<string, Map<string, SeenObject>>> {
  const entries = fleet.children.map(async ({ plane, spec }): Promise<[string, Map<string, SeenObject>]> => {
    const { items } = await core(plane.client, 'ConfigMap', 'configmaps').list({ namespace: NAMESPACE });
    const ours = items.filter(({ metadata }) => metadata.annotations?.[OWNER] !== undefined);
    return [spec.name, new Map(ours.map((object) => [object.metadata.name ?? '', seenOf(object)]))];
  });
  return new Map(await Promise.all(entries));
}

function seenOf(object: KubeObject): SeenObject {
  const data = (object['data'] ?? {}) as Record<string, string>;
  return { uid: object.metadata.uid ?? '', content: JSON.stringify(data, Object.keys(data).sort()) };
}

/** Everything that the end is judged by. */
export async function gatherState(
  fleet: ChaosFleet,
  wishes: readonly Wish[],
  steady: DeliveryState['steady'],
): Promise<DeliveryState> {
  const { client } = fleet.parent;
  const [{ items: subscriptions }, { items: bases }, { items: descriptions }, seen] = await Promise.all([
    client.resource<Subscription>(clusternetRef('Subscription')).list({}),
    client.resource(clusternetRef('Base')).list({}),
    client.resource(clusternetRef('Description')).list({}),
    gatherSeen(fleet),
  ]);
  const labelOf = ({ metadata }: KubeObject, label: string): string => metadata.labels?.[label] ?? '';
  return {
    wanted: wantedOf(wishes, fleet.children.length),
    seen,
    steady,
    subscriptions: new Set(subscriptions.map(({ metadata }) => metadata.uid ?? '')),
    bases: bases.map((base) => ({
      uid: base.metadata.uid ?? '',
      owner: labelOf(base, LABELS.subscriptionUid),
      namespace: base.metadata.namespace ?? '',
    })),
    descriptions: descriptions.map((description) => ({
      owner: labelOf(description, LABELS.configUid),
      namespace: description.metadata.namespace ?? '',
    })),
    notReady: [
      ...subscriptions.filter((one) => !isReady(one)).map(({ metadata }) => metadata.name ?? ''),
      ...wishes
        .filter(({ name, exists }) => exists && !subscriptions.some(({ metadata }) => metadata.name === name))
        .map(({ name }) => name),
    ],
  };
}

function isReady({ metadata, status }: Subscription): boolean {
  const ready = findCondition(status?.conditions, 'Ready');
  return (
    metadata.deletionTimestamp === undefined &&
    ready?.status === 'True' &&
    ready.observedGeneration === metadata.generation
  );
}
