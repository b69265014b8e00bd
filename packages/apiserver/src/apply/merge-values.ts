import { cloneJson, getKey, isJsonObject, setKey } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';
import { entriesOf } from './compare-values.ts';
import type { FieldSet } from './field-set.ts';
import { childSchema, getStructure } from './value-structure.ts';
import type { Structure } from './value-structure.ts';

/**
 * Lays a configuration over a live value. Items of associative lists keep the live order; those that the
 * configuration names follow its order where they are new.
 *
 * @returns a new value that shares nothing with the configuration
 */
export function mergeValues(
  live: JsonValue | undefined,
  config: JsonValue | undefined,
  schema: OpenApiSchema | undefined,
): JsonValue {
  if (config === undefined) return live === undefined ? null : cloneJson(live);
  if (live === undefined || live === null || config === null) return cloneJson(config);
  const structure = getStructure(schema, config);
  if (structure.kind === 'atomic' || getStructure(schema, live).kind !== structure.kind)
    return cloneJson(config);
  if (structure.kind === 'object') return mergeObjects(live, config, structure);
  return mergeLists(live, config, structure);
}

function mergeObjects(live: JsonValue, config: JsonValue, structure: Structure): JsonObject {
  const merged: JsonObject = {};
  const left: JsonObject = isJsonObject(live) ? live : {};
  const right: JsonObject = isJsonObject(config) ? config : {};
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const [a, b] = [getKey(left, key), getKey(right, key)];
    if (a === undefined && b === undefined) continue;
    setKey(merged, key, mergeValues(a, b, childSchema(structure, `f:${key}`)));
  }
  return merged;
}

function mergeLists(live: JsonValue, config: JsonValue, structure: Structure): JsonValue[] {
  const left = entriesOf(live, structure);
  const right = entriesOf(config, structure);
  const order = mergeOrder([...left.keys()], [...right.keys()]);
  return order.map((element) => {
    const [a, b] = [left.get(element), right.get(element)];
    return structure.kind === 'set'
      ? cloneJson(b ?? a ?? null)
      : mergeValues(a, b, childSchema(structure, element));
  });
}

/** The order of structured-merge-diff: items that are only live keep their place, shared ones follow the configuration. */
function mergeOrder(live: readonly string[], config: readonly string[]): string[] {
  const inLive = new Set(live);
  const inConfig = new Set(config);
  const shared = config.filter((element) => inLive.has(element));
  const merged = new Set<string>();
  const order: string[] = [];
  let [l, c, next] = [0, 0, 0];
  while (l < live.length || c < config.length) {
    const [left, right] = [live[l], config[c]];
    if (left !== undefined && right !== undefined && left !== right) {
      // Shared, but another one comes first in the configuration.
      if (inConfig.has(left) && next < shared.length && shared[next] !== left) {
        l += 1;
        continue;
      }
    }
    if (left !== undefined && left !== right && !inConfig.has(left)) {
      order.push(left);
      l += 1;
      continue;
    }
    if (left !== undefined && (left === right || merged.has(left))) l += 1;
    if (right === undefined) continue;
    order.push(right);
    merged.add(right);
    c += 1;
    if (shared[next] === right) next += 1;
  }
  return order;
}

/**
 * Takes fields out of a value. A member of `remove` goes with everything below it.
 * @returns a new value that may share parts with the old one
 */
export function removeFields(
  value: JsonValue,
  remove: FieldSet,
  schema: OpenApiSchema | undefined,
): JsonValue {
  if (remove.children.size === 0) return value;
  const structure = getStructure(schema, value);
  if (structure.kind === 'atomic') return null;
  const kept: [string, JsonValue][] = [];
  for (const [element, child] of entriesOf(value, structure)) {
    const below = remove.children.get(element);
    if (below?.member === true) continue;
    kept.push([
      element,
      below === undefined ? child : removeFields(child, below, childSchema(structure, element)),
    ]);
  }
  // What loses all it holds becomes null: Kubernetes does not make it empty, and nor does this.
  if (kept.length === 0) return null;
  if (structure.kind !== 'object') return kept.map(([, child]) => child);
  const result: JsonObject = {};
  for (const [element, child] of kept) setKey(result, element.slice(2), child);
  return result;
}
