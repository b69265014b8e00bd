import { createKubeClient } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import { createConnection, parseKubeconfig } from '@clusternet/client/kubeconfig';
import { startControlPlane } from '@clusternet/playground';
import { systemClock } from '@clusternet/runtime';
import type { Plane } from './plane.ts';

/** Starts a control plane of the playground in this process. */
export async function startEmbeddedPlane(name: string): Promise<Plane> {
  const plane = await startControlPlane({ name });
  const kubeconfig = await plane.kubeconfig();
  const parsed = parseKubeconfig(kubeconfig, { path: `kubeconfig of ${name}` });
  const connection = { ...(await createConnection(parsed, { clock: systemClock, path: name })), name };
  const transport = createTransport(connection);
  return {
    name,
    kind: 'embedded',
    server: plane.url,
    caPem: plane.caPem,
    connection,
    client: createKubeClient(transport),
    kubeconfig,
    compact: () => plane.compact(),
    [Symbol.asyncDispose]: async () => {
      await transport[Symbol.asyncDispose]();
      await plane[Symbol.asyncDispose]();
    },
  };
}
