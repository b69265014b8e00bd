import { createBadRequest, createPathNotFound, createServiceUnavailable } from '@clusternet/apiserver';
import type { ApiHandler, ApiRequest, ServedResource, UpgradeHandler } from '@clusternet/apiserver';
import type { ClusterProxy } from '../proxy/cluster-proxy.ts';
import type { ServeTunnel } from '../tunnels/serve-tunnel.ts';

export interface SocketsResourceDeps {
  readonly proxy: Pick<ClusterProxy, 'handle' | 'upgrade'>;
  readonly serveTunnel: ServeTunnel;
  /** The feature gate SocketConnection. */
  readonly isEnabled: () => boolean;
}

const VERBS: readonly string[] = ['create', 'delete', 'get', 'patch', 'update'];

/** Serves `sockets` and `sockets/proxy` of group proxies.clusternet.io: no objects, only connections. */
export function createSocketsResource(deps: SocketsResourceDeps): ServedResource {
  const handle: ApiHandler = async (request, response, signal) => {
    assertServed(request, deps);
    if (request.info.subresource === 'proxy') await deps.proxy.handle(request, response, signal);
    else throw createBadRequest('the tunnel of a cluster is a websocket: ask for an upgrade');
  };
  const upgrade: UpgradeHandler = async (request, socket, head, signal) => {
    assertServed(request, deps);
    if (request.info.subresource === 'proxy') {
      await deps.proxy.upgrade(request, socket, head, signal);
      return;
    }
    const headers = Object.fromEntries(
      [...request.headers].map(([name, values]) => [name, values.join(', ')]),
    );
    const upgradeRequest = { method: request.method, headers };
    await deps.serveTunnel(request.info.name, { request: upgradeRequest, socket, head }, signal);
  };
  return {
    names: {
      group: 'proxies.clusternet.io',
      version: 'v1alpha1',
      resource: 'sockets',
      singular: 'socket',
      kind: 'Socket',
      listKind: 'SocketList',
      namespaced: false,
      shortNames: ['ss'],
      categories: ['clusternet'],
    },
    verbs: VERBS,
    subresources: [{ name: 'proxy', kind: 'Socket', verbs: VERBS }],
    handle,
    upgrade,
  };
}

function assertServed({ info }: ApiRequest, deps: SocketsResourceDeps): void {
  const isKnown = info.subresource === '' || info.subresource === 'proxy';
  if (info.name === '' || info.namespace !== '' || !isKnown) throw createPathNotFound();
  if (info.subresource === '' && info.parts.length > 2) throw createPathNotFound();
  if (deps.isEnabled()) return;
  throw createServiceUnavailable('featuregate SocketConnection has not been enabled on the server side');
}
