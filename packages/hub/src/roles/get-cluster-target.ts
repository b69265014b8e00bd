import { SECRET_KEYS } from '@clusternet/api-types';
import { INDEX } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import type { GetClusterTarget } from '../proxy/cluster-proxy.ts';

/**
 * Looks a cluster up for the proxy, by its spec. An id that two clusters claim belongs to neither, so that a
 * child cannot pose as another.
 */
export function createGetClusterTarget(
  caches: Pick<ParentCaches, 'childSecrets' | 'clusters'>,
): GetClusterTarget {
  return (clusterId) => {
    const [cluster, ...others] = caches.clusters.store.byIndex(INDEX.clusterId, clusterId);
    if (cluster === undefined || others.length > 0) return undefined;
    const { namespace = '' } = cluster.metadata;
    const [secret] = caches.childSecrets.store.byIndex(INDEX.namespace, namespace);
    const ca = secret?.data?.[SECRET_KEYS.caCert];
    const apiserverUrl = cluster.status?.apiserverURL;
    return {
      namespace,
      useSocket: cluster.status?.useSocket === true,
      ...(apiserverUrl === undefined ? {} : { apiserverUrl }),
      ...(ca === undefined ? {} : { caPem: Buffer.from(ca, 'base64').toString('utf8') }),
    };
  };
}
