import { SECRET_KEYS } from '@clusternet/api-types';
import { clusterOfId, INDEX } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import { readVisitors } from '../visiting/read-visitors.ts';
import type { GetClusterTarget } from '../proxy/cluster-proxy.ts';

/** Looks a cluster up for the proxy, by the label of its namespace. */
export function createGetClusterTarget(
  caches: Pick<ParentCaches, 'childSecrets' | 'clusters' | 'namespaces' | 'visitorSecrets'>,
): GetClusterTarget {
  return (clusterId) => {
    const cluster = clusterOfId(caches, clusterId);
    if (cluster === undefined) return undefined;
    const { namespace = '' } = cluster.metadata;
    const [secret] = caches.childSecrets.store.byIndex(INDEX.namespace, namespace);
    const [shared] = caches.visitorSecrets.store.byIndex(INDEX.namespace, namespace);
    const visitors = shared === undefined ? undefined : readVisitors(shared);
    const ca = secret?.data?.[SECRET_KEYS.caCert];
    const apiserverUrl = cluster.status?.apiserverURL;
    return {
      namespace,
      useSocket: cluster.status?.useSocket === true,
      ...(apiserverUrl === undefined ? {} : { apiserverUrl }),
      ...(visitors === undefined ? {} : { visitors }),
      ...(ca === undefined ? {} : { caPem: Buffer.from(ca, 'base64').toString('utf8') }),
    };
  };
}
