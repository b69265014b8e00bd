import { cloneJson, equalJson, formatPointer, getKey, isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import type { FieldProvenance } from './override-entry.ts';
import { collectRecords, createNode, descendTo, forgetNode, shiftItems } from './provenance-node.ts';
import type { PlacedRecord, ProvenanceNode } from './provenance-node.ts';
import type { TouchedPlaces } from './touched-places.ts';

/** Who writes: everything of a `FieldProvenance` but what was replaced. */
export type Writer = Omit<FieldProvenance, 'replaced'>;

/** Two versions of one document. Undefined is blank. */
export interface DocumentChange {
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
  /** Where they may differ; undefined: anywhere. */
  readonly touched?: TouchedPlaces | undefined;
}

/** Collects who wrote what while a document goes through its overrides. */
export interface ProvenanceRecorder {
  /** Notes a writer for every leaf in which two versions differ. Records move along with the items of lists. */
  record(change: DocumentChange, writer: Writer | ((pointer: string) => Writer | undefined)): void;
  /** Forgets a field and everything below it. */
  forget(tokens: readonly string[]): void;
  /** By JSON pointer, in the order of writing. */
  toMap(): Map<string, FieldProvenance>;
}

/** A recorder that knows nothing yet. */
export function createProvenanceRecorder(): ProvenanceRecorder {
  const root = createNode();
  let writes = 0;
  return {
    record({ before, after, touched }, writer) {
      const path: string[] = [];
      const write = (replaced: JsonValue | undefined): void => {
        const found = typeof writer === 'function' ? writer(formatPointer(path)) : writer;
        if (found === undefined) return;
        const { source, name, index } = found;
        writes += 1;
        const node = descendTo(root, path);
        node.order = writes;
        node.record = {
          source,
          name,
          index,
          replaced: isContainer(replaced) ? cloneJson(replaced) : replaced,
        };
      };
      compare({ path, write, listAt: () => descendTo(root, path) }, { before, after, touched });
    },
    forget(tokens) {
      forgetNode(root, tokens);
    },
    toMap() {
      const found: PlacedRecord[] = [];
      collectRecords(root, '', found);
      found.sort((a, b) => a.order - b.order);
      return new Map(found.map(({ pointer, record }) => [pointer, record]));
    },
  };
}

interface Walk {
  /** The tokens on the way to what is being compared; grows and shrinks with the walk. */
  readonly path: string[];
  readonly write: (replaced: JsonValue | undefined) => void;
  /** The node of the list that is being compared. */
  readonly listAt: () => ProvenanceNode;
}

function below(walk: Walk, key: string, change: DocumentChange): void {
  if (change.before === change.after) return;
  walk.path.push(key);
  compare(walk, change);
  walk.path.pop();
}

function compare(walk: Walk, change: DocumentChange): void {
  const { before, after, touched } = change;
  if (before === after) return;
  if (isJsonObject(before) && isJsonObject(after)) {
    if (touched === undefined) compareMaps(walk, before, after);
    else compareTouched(walk, { before, after }, touched);
  } else if (Array.isArray(before) && Array.isArray(after)) {
    if (touched === undefined || before.length !== after.length) compareLists(walk, before, after);
    else compareTouched(walk, { before, after }, touched);
  } else if (!isContainer(before) && !isContainer(after)) {
    if (!equalJson(before, after)) walk.write(before);
  } else replaceWhole(walk, before, after);
}

/** Only where the two may differ. */
function compareTouched(
  walk: Walk,
  { before, after }: { readonly before: JsonObject | JsonValue[]; readonly after: JsonObject | JsonValue[] },
  touched: TouchedPlaces,
): void {
  for (const [key, inside] of touched)
    below(walk, key, { before: childOf(before, key), after: childOf(after, key), touched: inside });
  if (!hasEntries(after) && hasEntries(before)) walk.write(before);
}

function childOf(value: JsonObject | JsonValue[], key: string): JsonValue | undefined {
  return Array.isArray(value) ? value[Number(key)] : getKey(value, key);
}

function compareMaps(walk: Walk, before: JsonObject, after: JsonObject): void {
  const keys = Object.keys(after);
  for (const key of keys) below(walk, key, { before: getKey(before, key), after: after[key] });
  const formerKeys = Object.keys(before);
  for (const key of formerKeys)
    if (!Object.hasOwn(after, key)) below(walk, key, { before: before[key], after: undefined });
  if (keys.length === 0 && formerKeys.length > 0) walk.write(before);
}

/**
 * What is equal at both ends stayed; what lies between was written, item by item. Where a list got longer or shorter,
 * what was known about the items behind moves with them. A list that lost items has a record of its own, because the
 * pointers of those items stand for others now.
 */
function compareLists(walk: Walk, before: JsonValue[], after: JsonValue[]): void {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && equalJson(before[head], after[head])) head += 1;
  let tail = 0;
  while (tail < shorter - head && equalJson(before.at(-1 - tail), after.at(-1 - tail))) tail += 1;
  const changed = shorter - head - tail;
  const extra = after.length - before.length;
  if (extra < 0) walk.write(before);
  if (extra !== 0) shiftItems(walk.listAt(), head + changed, extra);
  for (let index = head; index < head + changed; index += 1)
    below(walk, String(index), { before: before[index], after: after[index] });
  for (let index = head + changed; index < after.length - tail; index += 1)
    below(walk, String(index), { before: undefined, after: after[index] });
}

/** One of the two is a map or a list and the other is nothing of the sort. */
function replaceWhole(walk: Walk, before: JsonValue | undefined, after: JsonValue | undefined): void {
  const isLeaf = !hasEntries(after);
  if (after === undefined ? !hasEntries(before) : before !== undefined || isLeaf) walk.write(before);
  for (const [key, item] of entriesOf(before)) below(walk, key, { before: item, after: undefined });
  for (const [key, item] of entriesOf(after)) below(walk, key, { before: undefined, after: item });
}

function isContainer(value: JsonValue | undefined): value is JsonObject | JsonValue[] {
  return typeof value === 'object' && value !== null;
}

function hasEntries(value: JsonValue | undefined): boolean {
  return isContainer(value) && (Array.isArray(value) ? value : Object.keys(value)).length > 0;
}

function entriesOf(value: JsonValue | undefined): [string, JsonValue | undefined][] {
  return isContainer(value) ? Object.entries(value) : [];
}
