import { createKubeClient } from '@clusternet/client';
import { createConnection, parseKubeconfig } from '@clusternet/client/kubeconfig';
import { createTransport } from '@clusternet/client/undici';
import type { Plane } from '@clusternet/e2e/harness/plane.ts';
import { systemClock } from '@clusternet/runtime';

/** A control plane in another process, as the harness of the journeys takes it. */
export async function planeOf(name: string, kubeconfig: string): Promise<Plane> {
  const parsed = parseKubeconfig(kubeconfig, { path: name });
  const connection = { ...(await createConnection(parsed, { clock: systemClock, path: name })), name };
  const transport = createTransport(connection);
  return {
    name,
    kind: 'embedded',
    server: connection.server,
    caPem: connection.caPem ?? '',
    connection,
    client: createKubeClient(transport),
    kubeconfig,
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}
