import { compareText, isJsonObject, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';

/**
 * A set of field paths, as a tree. Keys are path elements as `FieldsV1` writes them: `f:name` for a field,
 * `k:{"name":"x"}` for an item by its keys, `v:"x"` for a value of a set, `i:0` for an index.
 * Never changed after it is built.
 */
export interface FieldSet {
  /** Whether the path that leads here is in the set. */
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

const NO_CHILDREN: ReadonlyMap<string, FieldSet> = new Map();
export const EMPTY_SET: FieldSet = { member: false, children: NO_CHILDREN };
export const LEAF: FieldSet = { member: true, children: NO_CHILDREN };

/** Builds a node, sharing the common ones. */
export function createFieldSet(member: boolean, children: ReadonlyMap<string, FieldSet>): FieldSet {
  if (children.size === 0) return member ? LEAF : EMPTY_SET;
  return { member, children };
}

export function isEmptySet(set: FieldSet): boolean {
  return !set.member && set.children.size === 0;
}

/** Paths in `a` or `b`. */
export function uniteSets(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  const children = new Map(a.children);
  for (const [key, child] of b.children) {
    const other = children.get(key);
    children.set(key, other === undefined ? child : uniteSets(other, child));
  }
  return createFieldSet(a.member || b.member, children);
}

/** Paths in both. */
export function intersectSets(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [key, child] of a.children) {
    const other = b.children.get(key);
    if (other === undefined) continue;
    const both = intersectSets(child, other);
    if (!isEmptySet(both)) children.set(key, both);
  }
  return createFieldSet(a.member && b.member, children);
}

/** Paths in `a` that are not in `b`. */
export function subtractSets(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a;
  const children = new Map<string, FieldSet>();
  for (const [key, child] of a.children) {
    const other = b.children.get(key);
    const rest = other === undefined ? child : subtractSets(child, other);
    if (!isEmptySet(rest)) children.set(key, rest);
  }
  return createFieldSet(a.member && !b.member, children);
}

/** Paths in `a` that are not in `b` and not below a member of `b`. */
export function subtractSubtrees(a: FieldSet, b: FieldSet): FieldSet {
  if (b.member) return EMPTY_SET;
  const children = new Map<string, FieldSet>();
  for (const [key, child] of a.children) {
    const other = b.children.get(key);
    const rest = other === undefined ? child : subtractSubtrees(child, other);
    if (!isEmptySet(rest)) children.set(key, rest);
  }
  return createFieldSet(a.member, children);
}

/** Reads `FieldsV1`. What is not understood is left out. */
export function parseFields(fields: unknown): FieldSet {
  return isJsonObject(fields) ? parseNode(fields, false) : EMPTY_SET;
}

function parseNode(node: JsonObject, isChild: boolean): FieldSet {
  const children = new Map<string, FieldSet>();
  let member = false;
  for (const [key, value] of Object.entries(node)) {
    if (key === '.') member = true;
    else if (isJsonObject(value)) children.set(key, parseNode(value, true));
  }
  // A child without anything below stands for itself.
  return createFieldSet(member || (isChild && children.size === 0), children);
}

/** Writes `FieldsV1`, keys in order. */
export function formatFields(set: FieldSet): JsonObject {
  const node: JsonObject = {};
  if (set.member && set.children.size > 0) node['.'] = {};
  for (const key of [...set.children.keys()].sort(compareText)) {
    const child = set.children.get(key);
    if (child !== undefined) node[key] = formatFields(child);
  }
  return node;
}

/** All members, as paths of elements: those of a level before those below it, as Kubernetes lists them. */
export function listPaths(set: FieldSet): string[][] {
  const paths: string[][] = [];
  const walk = (node: FieldSet, path: string[]): void => {
    const children = [...node.children].sort(([x], [y]) => compareText(x, y));
    for (const [key, child] of children) if (child.member) paths.push([...path, key]);
    for (const [key, child] of children) walk(child, [...path, key]);
  };
  walk(set, []);
  return paths;
}

/** A path as conflicts show it: `.spec.containers[name="c"].image`. */
export function formatPath(path: readonly string[]): string {
  return path
    .map((element) => {
      const text = element.slice(2);
      switch (element.slice(0, 2)) {
        case 'f:':
          return `.${text}`;
        case 'k:':
          return `[${formatKeys(text)}]`;
        case 'v:':
          return `[=${text}]`;
        default:
          return `[${text}]`;
      }
    })
    .join('');
}

function formatKeys(text: string): string {
  try {
    const keys = JSON.parse(text) as Record<string, unknown>;
    return Object.entries(keys)
      .map(([key, value]) => `${key}=${stringifyJson(value)}`)
      .join(',');
  } catch {
    return text; // shown as it stands
  }
}
