import { GPU_RESOURCE } from '@clusternet/api-types';
import type { ManagedClusterStatus } from '@clusternet/api-types';
import { addQuantities, formatQuantity, parseQuantity } from '@clusternet/kube-data';
import type { Condition, KubeObject } from '@clusternet/kube-data';

interface NodeStatus {
  readonly capacity?: Readonly<Record<string, string>>;
  readonly allocatable?: Readonly<Record<string, string>>;
  readonly conditions?: readonly Condition[];
}

export type NodeSums = Required<Pick<ManagedClusterStatus, 'allocatable' | 'capacity' | 'nodeStatistics'>>;

/** Counts nodes by readiness and sums cpu, memory and (where there are any) GPUs over all of them. */
export function sumNodes(nodes: readonly KubeObject[]): NodeSums {
  const statistics = { readyNodes: 0, notReadyNodes: 0, unknownNodes: 0, lostNodes: 0 };
  const statuses = nodes.map((node) => (node['status'] ?? {}) as NodeStatus);
  for (const { conditions } of statuses) {
    const ready = conditions?.find(({ type }) => type === 'Ready');
    if (ready === undefined) statistics.lostNodes += 1;
    else if (ready.status === 'True') statistics.readyNodes += 1;
    else if (ready.status === 'False') statistics.notReadyNodes += 1;
    else statistics.unknownNodes += 1;
  }
  return {
    nodeStatistics: Object.fromEntries(Object.entries(statistics).filter(([, count]) => count > 0)),
    capacity: sumResources(statuses.map(({ capacity = {} }) => capacity)),
    allocatable: sumResources(statuses.map(({ allocatable = {} }) => allocatable)),
  };
}

function sumResources(maps: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const sums: Record<string, string> = {};
  for (const name of ['cpu', 'memory', GPU_RESOURCE]) {
    const values = maps.flatMap((map) => (map[name] === undefined ? [] : [parseQuantity(map[name])]));
    const [first, ...rest] = values;
    if (first === undefined) continue;
    const sum = formatQuantity(rest.reduce((total, value) => addQuantities(total, value), first));
    if (name === GPU_RESOURCE && sum === '0') continue;
    sums[name] = sum;
  }
  return sums;
}
