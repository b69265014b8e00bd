import type { ManagedCluster, Subscription, Taint, Toleration } from '@clusternet/api-types';
import type { FilterPlugin, ScorePlugin } from './plugins.ts';

/** Whether a toleration covers a taint, by the rules of Kubernetes. */
export function isTolerated(taint: Taint, toleration: Toleration): boolean {
  const { effect = '', key = '', operator = '', value = '' } = toleration;
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return (operator === '' || operator === 'Equal') && value === (taint.value ?? '');
}

/** Refuses clusters with a NoSchedule or NoExecute taint that the Subscription does not tolerate. */
export const taintTolerationFilter: FilterPlugin = {
  name: 'TaintToleration',
  filter(subscription, cluster) {
    const tolerations = subscription.spec.clusterTolerations ?? [];
    const taint = taintsOf(cluster).find(
      (candidate) =>
        (candidate.effect === 'NoSchedule' || candidate.effect === 'NoExecute') &&
        !tolerations.some((toleration) => isTolerated(candidate, toleration)),
    );
    if (taint === undefined) return undefined;
    return `clusters(s) had taint {${taint.key}: ${taint.value ?? ''}}, that the subscription didn't tolerate`;
  },
};

/** Prefers clusters with fewer PreferNoSchedule taints that the Subscription does not tolerate. */
export const taintTolerationScore: ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  score(subscription, clusters) {
    const counts = clusters.map((cluster) => countIntolerable(subscription, cluster));
    const most = Math.max(0, ...counts);
    return counts.map((count) => (most === 0 ? 100 : 100 - Math.trunc((100 * count) / most)));
  },
};

function countIntolerable(subscription: Subscription, cluster: ManagedCluster): number {
  const tolerations = (subscription.spec.clusterTolerations ?? []).filter(
    ({ effect = '' }) => effect === '' || effect === 'PreferNoSchedule',
  );
  return taintsOf(cluster).filter(
    (taint) =>
      taint.effect === 'PreferNoSchedule' &&
      !tolerations.some((toleration) => isTolerated(taint, toleration)),
  ).length;
}

function taintsOf(cluster: ManagedCluster): readonly Taint[] {
  return cluster.spec?.taints ?? [];
}
