import { formatPointer } from '@clusternet/kube-data';
import type { FieldProvenance } from './override-entry.ts';

/** What is known about one place of a document, and about the places below it. */
export interface ProvenanceNode {
  record: FieldProvenance | undefined;
  /** Counts writes; a later one is greater. */
  order: number;
  /** By decoded token; the items of a list by their index. */
  children: Map<string, ProvenanceNode> | undefined;
}

/** A record with its place and its turn. */
export interface PlacedRecord {
  readonly pointer: string;
  readonly order: number;
  readonly record: FieldProvenance;
}

/** A node about which nothing is known. */
export function createNode(): ProvenanceNode {
  return { record: undefined, order: 0, children: undefined };
}

/** The node at some tokens below, made where it is missing. */
export function descendTo(root: ProvenanceNode, tokens: readonly string[]): ProvenanceNode {
  let node = root;
  for (const token of tokens) {
    node.children ??= new Map();
    let next = node.children.get(token);
    if (next === undefined) {
      next = createNode();
      node.children.set(token, next);
    }
    node = next;
  }
  return node;
}

/** Forgets the node at some tokens below, and all below that. */
export function forgetNode(root: ProvenanceNode, tokens: readonly string[]): void {
  let node: ProvenanceNode | undefined = root;
  for (const token of tokens.slice(0, -1)) node = node?.children?.get(token);
  node?.children?.delete(tokens.at(-1) ?? '');
}

/** Everything that is known at a node, whose pointer is given, and below it. */
export function collectRecords(node: ProvenanceNode, pointer: string, found: PlacedRecord[]): void {
  const { record, order, children } = node;
  if (record !== undefined) found.push({ pointer, order, record });
  if (children === undefined) return;
  for (const [token, child] of children) {
    const step = token.includes('~') || token.includes('/') ? formatPointer([token]) : `/${token}`;
    collectRecords(child, pointer + step, found);
  }
}

/**
 * Moves what is known about the items of a list.
 *
 * @param from - index of the first item that was inserted or taken out
 * @param extra - how many were inserted; negative for items taken out
 */
export function shiftItems(list: ProvenanceNode, from: number, extra: number): void {
  if (list.children === undefined) return;
  const moved = new Map<string, ProvenanceNode>();
  for (const [token, node] of list.children) {
    const index = Number(token);
    if (Number.isNaN(index) || index < from) moved.set(token, node);
    else if (index >= from - Math.min(extra, 0)) moved.set(String(index + extra), node);
  }
  list.children = moved;
}
