import type { TunnelDirectory } from '../peers/join-registries.ts';
import type { ChildDialer } from '../push/child-clients.ts';

/** Reaches children through the tunnels of this process and of its peers. */
export function createChildDialer(tunnels: TunnelDirectory): ChildDialer {
  return {
    isConnected: (clusterId) => tunnels.get(clusterId).connected,
    dial: (clusterId, host, port) => {
      const session = tunnels.pick(clusterId);
      if (session === undefined)
        return Promise.reject(new Error(`the tunnel of cluster ${clusterId} is not connected`));
      const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      return Promise.resolve(session.open('tcp', address, { isHeld: true }));
    },
  };
}
