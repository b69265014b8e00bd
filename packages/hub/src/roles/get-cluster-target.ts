import { SECRET_KEYS } from '@clusternet/api-types';
import { clusterOfId, INDEX } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import type { GetClusterTarget } from '../proxy/cluster-proxy.ts';

/** Looks a cluster up for the proxy, by the label of its namespace. */
export function createGetClusterTarget(
  caches: Pick<ParentCaches, 'childSecrets' | 'clusters' | 'namespaces'>,
): GetClusterTarget {
  return (clusterId) => {
    const cluster = clusterOfId(caches, clusterId);
    if (cluster === undefined) return undefined;
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
