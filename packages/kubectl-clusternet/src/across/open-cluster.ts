import { createKubeClient } from '@clusternet/client';
import type { KubeClient, Transport } from '@clusternet/client';
import { childPath } from '../connect/child-connection.ts';
import type { Target } from './choose-clusters.ts';

/** A client for a child over connections to its parent, which all children share. */
export function openCluster(parent: Transport, { clusterId, label }: Target): KubeClient {
  const base = childPath(clusterId);
  return createKubeClient({
    hop: `cluster ${label} through ${parent.hop}`,
    request: (request, signal) => parent.request({ ...request, path: base + request.path }, signal),
    [Symbol.asyncDispose]: () => Promise.resolve(), // the connections are the parent's
  });
}
