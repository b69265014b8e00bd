import { childClusterConfig } from '@clusternet/client';
import type { ConnectionConfig } from '@clusternet/client';
import type { FleetChild } from './join-child.ts';
import { requestToken } from './service-account-token.ts';
import type { Plane } from './plane.ts';

/** How a person reaches a child through the hub: as themselves at the parent, with a token of the child. */
export async function childConnection(parent: Plane, child: FleetChild): Promise<ConnectionConfig> {
  const token = await requestToken(child.plane.client, 'clusternet-system', 'clusternet-app-deployer');
  return childClusterConfig(parent.connection, child.clusterId, { token });
}
