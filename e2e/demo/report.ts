import type { Fleet } from '../harness/fleet.ts';
import type { FleetChild } from '../harness/join-child.ts';
import { applicationObjects } from './running.ts';
import type { DeliveredObject } from './running.ts';

export interface ClusterReport {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly syncMode: string;
  readonly ready: boolean;
  readonly objects: readonly DeliveredObject[];
}

/** What runs where, read from the children through the hub. */
export async function gatherReport(fleet: Fleet): Promise<ClusterReport[]> {
  const { items } = await fleet.clusters.list();
  const reportOf = async (child: FleetChild): Promise<ClusterReport> => {
    const cluster = items.find(({ spec }) => spec?.clusterId === child.clusterId);
    const ready = cluster?.status?.conditions?.find(({ type }) => type === 'Ready');
    return {
      id: child.clusterId,
      name: child.spec.name,
      namespace: child.namespace,
      syncMode: cluster?.spec?.syncMode ?? child.spec.syncMode,
      ready: ready?.status === 'True',
      objects: await applicationObjects(fleet, child),
    };
  };
  return Promise.all(fleet.children.map(reportOf));
}

/** A table for people. */
export function formatReport(reports: readonly ClusterReport[]): string {
  const rows = [
    ['CLUSTER', 'SYNC MODE', 'OBJECT', 'REPLICAS', 'READY'],
    ...reports.flatMap(({ name, syncMode, objects }) =>
      objects.map((object) => [
        name,
        syncMode,
        `${object.kind} ${[object.namespace, object.name].filter((part) => part !== '').join('/')}`,
        object.replicas === undefined ? '-' : String(object.replicas),
        object.ready ? 'yes' : 'no',
      ]),
    ),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}
