import type { ConnectionConfig } from './connection-config.ts';

/** How to prove who one is to a child cluster. It travels as impersonation extras, see docs/spec/proxy.md. */
export interface ChildCredential {
  /** A bearer token of the child. */
  readonly token: string;
}

/**
 * The connection to a child cluster through the hub behind `parent`.
 * @param clusterId - the child's UUID
 */
export function childClusterConfig(
  parent: ConnectionConfig,
  clusterId: string,
  credential: ChildCredential,
): ConnectionConfig {
  const base = parent.server.replace(/\/+$/, '');
  return {
    ...parent,
    name: `child cluster ${clusterId} through`,
    server: `${base}/apis/proxies.clusternet.io/v1alpha1/sockets/${encodeURIComponent(clusterId)}/proxy/direct`,
    getHeaders: async (signal) => ({
      ...(await parent.getHeaders?.(signal)),
      'impersonate-user': 'clusternet',
      'impersonate-extra-clusternet-token': credential.token,
    }),
  };
}
