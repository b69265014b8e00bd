import { equalJson, formatPointer, getKey, isJsonObject } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import type { FieldProvenance } from './override-entry.ts';

/** Who writes: everything of a `FieldProvenance` but what was replaced. */
export type Writer = Omit<FieldProvenance, 'replaced'>;

/** Notes the writer of every leaf in which two documents differ. */
export function recordChanges(
  provenance: Map<string, FieldProvenance>,
  change: { readonly before: JsonValue | undefined; readonly after: JsonValue | undefined },
  writerOf: (pointer: string) => Writer | undefined,
): void {
  for (const [pointer, replaced] of diffLeaves(change.before, change.after, '')) {
    const writer = writerOf(pointer);
    if (writer === undefined) continue;
    provenance.delete(pointer); // so that the map is in the order of writing
    provenance.set(pointer, { ...writer, replaced });
  }
}

/** The leaves in which two documents differ, with what the first has there. */
function* diffLeaves(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: string,
): Generator<[string, JsonValue | undefined]> {
  if (equalJson(before, after)) return;
  if (!isContainer(before) && !isContainer(after)) {
    yield [path, before];
    return;
  }
  const isSameSort =
    isContainer(before) && isContainer(after) && Array.isArray(before) === Array.isArray(after);
  const children = isSameSort || before === undefined || after === undefined;
  if (!children || isEmpty(after) || (isEmpty(before) && after === undefined)) yield [path, before];
  if (!children) {
    for (const [key, item] of entriesOf(before))
      yield* diffLeaves(item, undefined, path + formatPointer([key]));
    for (const [key, item] of entriesOf(after))
      yield* diffLeaves(undefined, item, path + formatPointer([key]));
    return;
  }
  for (const key of keysOfBoth(before, after)) {
    yield* diffLeaves(childOf(before, key), childOf(after, key), path + formatPointer([key]));
  }
}

type Container = JsonValue[] | Exclude<JsonValue, JsonValue[] | bigint | boolean | number | string | null>;

function isContainer(value: JsonValue | undefined): value is Container {
  return typeof value === 'object' && value !== null;
}

/** True for an empty map or list, which is a leaf itself. */
function isEmpty(value: JsonValue | undefined): boolean {
  return isContainer(value) && entriesOf(value).length === 0;
}

function entriesOf(value: JsonValue | undefined): [string, JsonValue | undefined][] {
  return isContainer(value) ? Object.entries(value) : [];
}

function childOf(value: JsonValue | undefined, key: string): JsonValue | undefined {
  if (Array.isArray(value)) return value[Number(key)];
  return isJsonObject(value) ? getKey(value, key) : undefined;
}

function keysOfBoth(before: JsonValue | undefined, after: JsonValue | undefined): Set<string> {
  return new Set([...entriesOf(before), ...entriesOf(after)].map(([key]) => key));
}

/** Forgets a field and everything below it. */
export function forgetField(provenance: Map<string, FieldProvenance>, pointer: string): void {
  for (const key of [...provenance.keys()]) {
    if (key === pointer || key.startsWith(`${pointer}/`)) provenance.delete(key);
  }
}
