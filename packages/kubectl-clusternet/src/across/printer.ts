import type { JsonValue } from '@clusternet/kube-data';
import type { Target } from './choose-clusters.ts';
import type { ServedKind } from './find-kind.ts';

/** Rows with the metadata of their objects, or what a server has instead. */
export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** Turns what clusters answer into text, one page at a time. */
export interface Printer {
  /** What clusters are asked for. */
  readonly accept: string;
  /** @param answer - a page of a list, or one object @returns empty for a page of nothing */
  print(target: Target, kind: ServedKind, answer: JsonValue): string;
  /** What stands behind the last page. */
  end(): string;
}
