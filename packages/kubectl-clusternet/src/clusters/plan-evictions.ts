import type { ManagedCluster, Subscription, Taint } from '@clusternet/api-types';
import { isTolerated } from '@clusternet/scheduling';

/**
 * Who leaves a cluster when it gets other taints: a taint without a toleration takes away what is there already, unlike on a node.
 *
 * @returns `namespace/name` of each Subscription that is bound to the cluster and does not tolerate a new taint
 * @see docs/spec/kubectl-plugin.md, "Cordon"
 */
export function planEvictions(
  cluster: ManagedCluster,
  next: readonly Taint[],
  subscriptions: readonly Subscription[],
): string[] {
  const before = cluster.spec?.taints ?? [];
  const added = next.filter(
    ({ key, effect, value = '' }) =>
      effect !== 'PreferNoSchedule' &&
      !before.some((taint) => taint.key === key && taint.effect === effect && (taint.value ?? '') === value),
  );
  const place = `${cluster.metadata.namespace ?? ''}/${cluster.metadata.name ?? ''}`;
  return subscriptions
    .filter(({ spec, status }) => {
      const tolerations = spec.clusterTolerations ?? [];
      const isThere = status?.bindingClusters?.includes(place) === true;
      return isThere && added.some((taint) => !tolerations.some((each) => isTolerated(taint, each)));
    })
    .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`)
    .sort();
}
