import { ANNOTATIONS } from '@clusternet/api-types';
import { cloneJson, isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import { DeployError } from './errors.ts';
import { isMemberOf, isOwnEntry, isWhole, managersOf } from './field-sets.ts';
import type { ManagedFields } from './field-sets.ts';
import { describeEntry, entryOf } from './inventory.ts';
import { parsePolicies } from './object-policies.ts';
import type { FieldPath } from './object-policies.ts';

/**
 * An object without the fields that its annotation leaves to others: what is sent once it is there.
 * @throws {DeployError} `INVALID_ANNOTATION`
 */
export function omitIgnoredFields(desired: KubeObject): KubeObject {
  const { ignoredFields } = parsePolicies(desired);
  if (ignoredFields.length === 0) return desired;
  const rest = omitPaths(cloneJson(desired as unknown as JsonValue), ignoredFields);
  return rest as unknown as KubeObject;
}

/** All at once: indexes are those of the whole list. */
function omitPaths(value: JsonValue, paths: readonly FieldPath[]): JsonValue {
  const below = (key: string): FieldPath[] =>
    paths.flatMap(([first, ...rest]) => (first === key || first === '*' ? [rest] : []));
  const isGone = (key: string): boolean => below(key).some((rest) => rest.length === 0);
  const keep = ([key, member]: readonly [string, JsonValue]): (readonly [string, JsonValue])[] =>
    isGone(key) ? [] : [[key, omitPaths(member, below(key))]];
  if (paths.length === 0) return value;
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => keep([`${index}`, item]).map(([, kept]) => kept));
  }
  return isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).flatMap(([key, member]) => keep([key, member ?? null])))
    : value;
}

/**
 * Plans to let go of ignored fields: who no longer applies a field that he owns takes it away, and the API server puts
 * its default there. Nobody owns them then, so that anybody may without force.
 *
 * @param live - as it is in the child, with the managers to start from
 * @returns the whole new `metadata.managedFields`, or undefined when we own none of them
 * @throws {DeployError} `INVALID_ANNOTATION` for a part of what can only be owned as a whole
 */
export function planRelease(
  desired: KubeObject,
  live: KubeObject,
  managers: readonly ManagedFields[] = managersOf(live),
): readonly ManagedFields[] | undefined {
  const { ignoredFields } = parsePolicies(desired);
  if (ignoredFields.length === 0) return undefined;
  const values = [desired, live] as unknown as readonly JsonValue[];
  const next = managers.map((entry) => {
    if (!isOwnEntry(entry)) return entry;
    const fields = cloneJson((entry.fieldsV1 ?? {}) as JsonValue) as JsonObject;
    const removed = ignoredFields.filter((path) => removePath({ fields, values }, path, desired, path));
    return removed.length === 0 ? entry : { ...entry, fieldsV1: fields };
  });
  return next.some((entry, index) => entry !== managers[index]) ? next : undefined;
}

/** A place in a set of fields, and what desired and live object have there. */
interface Place {
  readonly fields: JsonObject;
  readonly values: readonly JsonValue[];
}

/** @returns whether anything was there to be removed */
function removePath(place: Place, path: FieldPath, desired: KubeObject, whole: FieldPath): boolean {
  const [part = '', ...rest] = path;
  let hasRemoved = false;
  for (const { key, values } of membersOf(place, part)) {
    const member = place.fields[key];
    if (member === undefined || !isJsonObject(member)) continue;
    const fields = member;
    if (rest.length === 0) {
      Reflect.deleteProperty(place.fields, key);
      hasRemoved = true;
      continue;
    }
    if (isWhole(fields)) {
      if (!values.some((value) => hasPath(value, rest))) continue;
      throw new DeployError(
        'INVALID_ANNOTATION',
        `annotation ${ANNOTATIONS.ignoreFields} of ${describeEntry(entryOf(desired))} has "/${whole.join('/')}", but what is around it has one owner only; name that instead`,
      );
    }
    if (!removePath({ fields, values }, rest, desired, whole)) continue;
    hasRemoved = true;
    // An empty set would stand for the whole of it.
    if (Object.keys(fields).length === 0) Reflect.deleteProperty(place.fields, key);
  }
  return hasRemoved;
}

/** The members of a set that one part of a path means. */
function membersOf({ fields, values }: Place, part: string): { key: string; values: JsonValue[] }[] {
  const keys = Object.keys(fields).filter((key) => key !== '.');
  const items = values.flatMap((value) => (Array.isArray(value) ? value : []));
  if (items.length > 0 || keys.some((key) => /^[kv]:/.test(key))) {
    // An index is that of what we deliver; only what we deliver no more is looked for in the live object.
    const at = values.flatMap((value) => presentIn(Array.isArray(value) ? value[Number(part)] : undefined));
    const meant = part === '*' ? items : at.slice(0, 1);
    return keys.flatMap((key) => {
      const found = meant.filter((item) => isMemberOf(key, item));
      return found.length === 0 ? [] : [{ key, values: found }];
    });
  }
  return keys
    .filter((key) => part === '*' || key === `f:${part}`)
    .map((key) => ({
      key,
      values: values.flatMap((value) => presentIn(isJsonObject(value) ? value[key.slice(2)] : undefined)),
    }));
}

function presentIn(value: JsonValue | undefined): JsonValue[] {
  return value === undefined ? [] : [value];
}

function hasPath(value: JsonValue, [part, ...rest]: FieldPath): boolean {
  if (part === undefined) return true;
  if (Array.isArray(value)) {
    return value.some((item, index) => (part === '*' || part === `${index}`) && hasPath(item, rest));
  }
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(
    ([key, member]) => (part === '*' || part === key) && hasPath(member ?? null, rest),
  );
}
