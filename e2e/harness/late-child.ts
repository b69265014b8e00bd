import { NAMES } from '@clusternet/api-types';
import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { clusternetRef } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import { eventually } from './eventually.ts';
import type { Fleet } from './fleet.ts';
import { joinChild } from './join-child.ts';
import type { ChildSpec, FleetChild } from './join-child.ts';
import { startNode } from './node.ts';
import type { Plane } from './plane.ts';

/** The registration requests of a parent. */
export function requestsOf({ parent }: Pick<Fleet, 'parent'>): ResourceClient<ClusterRegistrationRequest> {
  return parent.client.resource<ClusterRegistrationRequest>(clusternetRef('ClusterRegistrationRequest'));
}

/** Waits for the request of the cluster that asks under a name. */
export function requestOf(
  fleet: Pick<Fleet, 'parent'>,
  clusterName: string,
): Promise<ClusterRegistrationRequest> {
  return eventually(`the request of ${clusterName}`, async () => {
    const { items } = await requestsOf(fleet).list();
    return items.find(({ spec }) => spec?.clusterName === clusterName);
  });
}

/** Approves a request as an operator does. */
export async function approveRequest(
  fleet: Pick<Fleet, 'parent'>,
  request: ClusterRegistrationRequest,
  word = request.metadata.uid ?? '',
): Promise<void> {
  const annotations = { 'clusters.clusternet.io/approval': word };
  await requestsOf(fleet).patch({ name: request.metadata.name ?? '' }, 'merge', {
    metadata: { annotations },
  });
}

/** Joins a child to a fleet that runs, with a node; an operator approves it. */
export async function joinLate(
  fleet: Fleet,
  plane: Plane,
  spec: ChildSpec,
  stack: AsyncDisposableStack,
): Promise<FleetChild> {
  stack.use(startNode(plane));
  const joining = joinChild(fleet.parent, plane, spec, fleet.folder);
  const [joined] = await Promise.all([
    joining,
    requestOf(fleet, spec.name).then((request) => approveRequest(fleet, request)),
  ]);
  stack.defer(() => joined.stop());
  return joined.fleetChild;
}

export const requestName = ({ clusterId }: Pick<FleetChild, 'clusterId'>): string =>
  `${NAMES.objectPrefix}${clusterId}`;
