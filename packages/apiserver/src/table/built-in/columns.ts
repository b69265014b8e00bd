import type { JsonValue, KubeObject } from '@clusternet/kube-data';
import { DEFAULT_COLUMNS, formatAge } from '../table-columns.ts';
import type { ColumnDefinition, TableColumns } from '../table-columns.ts';
import type { CellReader } from './cell-readers.ts';
import { getColumnDefinitions } from './column-definitions.ts';
import { CORE_CELLS } from './core-cells.ts';
import { OTHER_CELLS } from './other-cells.ts';
import { WORKLOAD_CELLS } from './workload-cells.ts';

const CELLS: ReadonlyMap<string, ReadonlyMap<string, CellReader>> = new Map(
  [...CORE_CELLS, ...WORKLOAD_CELLS, ...OTHER_CELLS].map(([key, cells]) => [key, new Map(cells)]),
);

/**
 * The columns of a built-in kind: as a real kube-apiserver describes them, filled in by our own code.
 * @param key - `group/resource`
 * @param definitions - as that kube-apiserver gives them; without descriptions unless told
 */
export function createBuiltInColumns(
  key: string,
  definitions: readonly ColumnDefinition[] | undefined = getColumnDefinitions(key),
): TableColumns {
  if (definitions === undefined || definitions.length === 0) return DEFAULT_COLUMNS;
  const readers = CELLS.get(key);
  return {
    definitions,
    getCells: (object, nowMs) => definitions.map(({ name }) => readCell(object, name, nowMs, readers)),
  };
}

function readCell(
  object: KubeObject,
  column: string,
  nowMs: number,
  readers: ReadonlyMap<string, CellReader> | undefined,
): JsonValue {
  const reader = readers?.get(column);
  if (reader !== undefined) return reader(object, nowMs);
  switch (column) {
    case 'Name':
      return object.metadata.name ?? '';
    case 'Age':
      return formatAge(object.metadata.creationTimestamp, nowMs);
    case 'Created At':
      return object.metadata.creationTimestamp ?? null;
    default:
      return '<none>';
  }
}
