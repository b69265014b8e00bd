import type { ChildDialer } from '../push/child-clients.ts';
import type { TunnelRegistry } from '../tunnels/tunnel-registry.ts';

/** Reaches children through the tunnels of this process; without a registry it reaches none. */
export function createChildDialer(registry: TunnelRegistry | undefined): ChildDialer {
  return {
    isConnected: (clusterId) => registry?.get(clusterId).connected === true,
    dial: (clusterId, host, port) => {
      const session = registry?.pick(clusterId);
      if (session === undefined)
        return Promise.reject(new Error(`the tunnel of cluster ${clusterId} is not connected`));
      const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      return Promise.resolve(session.open('tcp', address));
    },
  };
}
