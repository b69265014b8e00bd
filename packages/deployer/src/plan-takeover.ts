import { ANNOTATIONS } from '@clusternet/api-types';
import { cloneJson, isJsonObject, setKey } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import { managersOf } from './field-sets.ts';
import type { ManagedFields } from './field-sets.ts';

/** Field managers under which Go components wrote objects in children: the names of their binaries. */
const GO_MANAGERS = new Set(['clusternet-agent', 'clusternet-controller-manager', 'clusternet-hub']);

/**
 * Plans to take over the fields that a Go component wrote by three-way merge: as long as they are its own, no
 * apply of ours could ever remove one.
 *
 * @param live - the object as it is in the child
 * @param manager - our field manager
 * @returns the whole new `metadata.managedFields`, or undefined when there is nothing to take over
 */
export function planTakeover(live: KubeObject, manager: string): readonly ManagedFields[] | undefined {
  if (live.metadata.annotations?.[ANNOTATIONS.lastAppliedConfiguration] === undefined) return undefined;
  const entries = managersOf(live);
  const isGo = (entry: ManagedFields): boolean =>
    GO_MANAGERS.has(entry.manager ?? '') &&
    entry.operation === 'Update' &&
    (entry.subresource ?? '') === '' &&
    entry.apiVersion === live.apiVersion;
  const isOurs = (entry: ManagedFields): boolean => entry.manager === manager && entry.operation === 'Apply';
  const taken = entries.filter(isGo);
  const [first] = taken;
  if (first === undefined) return undefined;
  const ours = entries.filter((entry) => isOurs(entry) && entry.apiVersion === live.apiVersion);
  const fieldsV1 = [...ours, ...taken].reduce<JsonObject>(
    (union, entry) => unionFields(union, entry.fieldsV1 ?? {}),
    {},
  );
  const rest = entries.filter((entry) => !isGo(entry) && !ours.includes(entry));
  return [...rest, { ...first, manager, operation: 'Apply', fieldsV1 }];
}

/** The union of two sets of fields in the form of `fieldsV1`. */
function unionFields(a: JsonObject, b: JsonObject): JsonObject {
  const union = cloneJson(a as JsonValue) as JsonObject;
  for (const [key, value] of Object.entries(b)) {
    const known = Object.hasOwn(union, key) ? union[key] : undefined;
    const merged = isJsonObject(known) && isJsonObject(value) ? unionFields(known, value) : value;
    if (merged !== undefined) setKey(union, key, merged);
  }
  return union;
}
