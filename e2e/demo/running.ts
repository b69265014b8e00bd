import type { KubeObject } from '@clusternet/kube-data';
import { createKubeClient } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import { childConnection } from '../harness/child-connection.ts';
import { readObjects } from '../harness/apply-files.ts';
import type { Fleet } from '../harness/fleet.ts';
import type { FleetChild } from '../harness/join-child.ts';

export interface DeliveredObject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly replicas?: number;
  readonly ready: boolean;
}

/** The objects of the example in one child, asked through the hub with a token of the child. */
export async function applicationObjects(fleet: Fleet, child: FleetChild): Promise<DeliveredObject[]> {
  await using transport = createTransport(await childConnection(fleet.parent, child));
  const client = createKubeClient(transport);
  const wanted = readObjects('examples/applications').filter(
    ({ apiVersion }) => !apiVersion.includes('.clusternet.io/'),
  );
  return await Promise.all(wanted.map((object) => describe(client, object)));
}

async function describe(
  client: KubeClient,
  { apiVersion, kind, metadata }: KubeObject,
): Promise<DeliveredObject> {
  const { name = '', namespace = '' } = metadata;
  const resource = await client.resourceFor({ apiVersion, kind });
  const live = await resource.get(namespace === '' ? { name } : { namespace, name });
  const { spec, status } = live as { spec?: { replicas?: number }; status?: { readyReplicas?: number } };
  const replicas = kind === 'Deployment' ? (spec?.replicas ?? 0) : undefined;
  return {
    kind,
    namespace,
    name,
    ...(replicas === undefined ? {} : { replicas }),
    ready: replicas === undefined || status?.readyReplicas === replicas,
  };
}
