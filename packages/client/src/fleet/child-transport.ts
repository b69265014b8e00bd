import { childHeaders, childPath } from '../child-cluster.ts';
import type { ChildCredential } from '../child-cluster.ts';
import { isApiError } from '../errors.ts';
import type { Transport } from '../transport.ts';
import { explainWay } from './explain-way.ts';
import { peekFailure } from './peek-failure.ts';

export interface ChildTransportDeps {
  readonly parent: Transport;
  /** As the caller named it. */
  readonly cluster: string;
  readonly findId: (signal?: AbortSignal) => Promise<string>;
  /** The cluster is not known by this id any more. */
  readonly forgetId: () => void;
  /** @throws {ApiError} when it cannot travel */
  readonly getCredential: (clusterId: string, signal?: AbortSignal) => Promise<ChildCredential | undefined>;
}

/**
 * The way to a child on the parent's own connections: however many children are visited, the parent sees one client.
 * What fails on the way is thrown and says where; what the child answers is given on.
 */
export function createChildTransport(deps: ChildTransportDeps): Transport {
  const { parent, cluster } = deps;
  return {
    hop: `cluster ${cluster} through ${parent.hop}`,
    request: async (request, signal) => {
      const clusterId = await deps.findId(signal);
      const credential = await deps.getCredential(clusterId, signal);
      const headers = credential === undefined ? {} : childHeaders(credential);
      const response = await parent.request(
        {
          ...request,
          path: childPath(clusterId) + request.path,
          headers: { ...request.headers, ...headers },
        },
        signal,
      );
      if (response.status < 400) return response;
      return peekFailure(response, (text) => {
        const error = explainWay(cluster, parent.hop, response.status, text);
        if (isApiError(error, 'UNKNOWN_CLUSTER')) deps.forgetId();
        return error;
      });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(), // the connections are the parent's
  };
}
