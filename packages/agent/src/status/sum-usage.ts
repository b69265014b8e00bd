import type { ManagedClusterStatus } from '@clusternet/api-types';
import { addQuantities, formatQuantity, parseQuantity } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';

interface Items {
  readonly items?: readonly {
    readonly containers?: readonly unknown[];
    readonly usage?: Readonly<Record<string, string>>;
  }[];
}

/** Counts the pods that the metrics server lists; one with a container in the list runs. */
export function countPods(list: JsonValue): NonNullable<ManagedClusterStatus['podStatistics']> {
  const { items = [] } = list as Items;
  const runningPods = items.filter(({ containers = [] }) => containers.length > 0).length;
  return { runningPods, totalPods: items.length };
}

/** Sums what nodes use. */
export function sumUsage(list: JsonValue): NonNullable<ManagedClusterStatus['resourceUsage']> {
  const { items = [] } = list as Items;
  const sum = (name: string): string =>
    formatQuantity(
      items
        .flatMap(({ usage }) => (usage?.[name] === undefined ? [] : [parseQuantity(usage[name])]))
        .reduce((total, value) => addQuantities(total, value), parseQuantity('0')),
    );
  return { cpuUsage: sum('cpu'), memoryUsage: sum('memory') };
}
