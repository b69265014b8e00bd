import type { FeedOrder } from '@clusternet/api-types';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  labelsAt,
  objectAt,
  objectsAt,
  parseQuantity,
} from '@clusternet/kube-data';
import type { JsonObject, Quantity } from '@clusternet/kube-data';

type Requirements = NonNullable<FeedOrder['replicaRequirements']>;
type Amounts = Map<string, Quantity>;

/**
 * What one pod of a template needs, as a FeedInventory has it: the containers together, or one init container where
 * that needs more. A request that is missing is the limit of the same resource.
 *
 * @param template - a pod template; undefined for what has none
 * @throws {ParseError} `INVALID_QUANTITY`
 * @see spec C §2.11
 */
export function sumPodRequirements(template: JsonObject | undefined): Requirements {
  const spec = objectAt(template, 'spec');
  const containers = objectsAt(spec, 'containers');
  const initContainers = objectsAt(spec, 'initContainers');
  const sumOf = (read: (container: JsonObject) => Amounts): Amounts => {
    const total = containers.map(read).reduce(
      combine((a, b) => addQuantities(a, b)),
      new Map(),
    );
    return initContainers.map(read).reduce(combine(larger), total);
  };
  const limits = sumOf((container) => amountsAt(container, 'limits'));
  const requests = sumOf(
    (container) => new Map([...amountsAt(container, 'limits'), ...amountsAt(container, 'requests')]),
  );
  const affinity = objectAt(spec, 'affinity');
  const nodeSelector = labelsAt(spec, 'nodeSelector');
  const tolerations = objectsAt(spec, 'tolerations');
  return {
    ...(affinity === undefined ? {} : { affinity: affinity }),
    ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector }),
    ...(tolerations.length === 0 ? {} : { tolerations: tolerations }),
    resources: { ...written('limits', limits), ...written('requests', requests) },
  };
}

function amountsAt(container: JsonObject, key: 'limits' | 'requests'): Amounts {
  const amounts: Amounts = new Map();
  for (const [name, value] of Object.entries(objectAt(objectAt(container, 'resources'), key) ?? {})) {
    if (typeof value === 'string' || typeof value === 'number') amounts.set(name, parseQuantity(`${value}`));
  }
  return amounts;
}

const larger = (a: Quantity, b: Quantity): Quantity => (compareQuantities(a, b) < 0 ? b : a);

/** By resource; what only one side has stays as it is. */
function combine(merge: (a: Quantity, b: Quantity) => Quantity): (total: Amounts, next: Amounts) => Amounts {
  return (total, next) => {
    const result = new Map(total);
    for (const [name, amount] of next) {
      const before = result.get(name);
      result.set(name, before === undefined ? amount : merge(before, amount));
    }
    return result;
  };
}

function written(key: 'limits' | 'requests', amounts: Amounts): Requirements['resources'] {
  if (amounts.size === 0) return {};
  return { [key]: Object.fromEntries([...amounts].map(([name, amount]) => [name, formatQuantity(amount)])) };
}
