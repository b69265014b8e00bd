import type { ManagedCluster } from '@clusternet/api-types';

/** Who brings objects to a cluster. */
export type Deployer = 'agent' | 'gone' | 'hub' | 'nobody' | 'unknown';

/**
 * Decides who deploys to a cluster, from its sync mode and whether its agent lets the parent deploy.
 * @param cluster - undefined when there is no cluster any more
 * @see docs/spec/delivery.md, "Who deploys"
 */
export function planDeployer(cluster: ManagedCluster | undefined): Deployer {
  if (cluster === undefined) return 'gone';
  const { appPusher } = cluster.status ?? {};
  switch (cluster.spec?.syncMode) {
    case 'Push':
      if (appPusher === undefined) return 'unknown';
      return appPusher ? 'hub' : 'nobody';
    case 'Dual':
      if (appPusher === undefined) return 'unknown';
      return appPusher ? 'hub' : 'agent';
    case 'Pull':
    case undefined:
      return 'agent';
  }
}
