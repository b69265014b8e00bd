import { isJsonObject, labelsAt, numberAt, objectAt, objectsAt, textAt } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';

export interface TableColumn {
  readonly title: string;
  /** Above 0: for `-o wide` only. */
  readonly priority: number;
}

export interface TableRow {
  readonly cells: readonly string[];
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** One page of a list, as API servers print it. */
export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
}

/** Columns of an answer that is no Table: of a server that makes none. */
const PLAIN: readonly TableColumn[] = [
  { title: 'NAME', priority: 0 },
  { title: 'CREATED AT', priority: 0 },
];

/** Reads a Table; of a list, or one object, makes one of names. Undefined for anything else. */
export function readTable(answer: JsonValue): Table | undefined {
  if (!isJsonObject(answer)) return undefined;
  if (textAt(answer, 'kind') === 'Table') {
    const columns = objectsAt(answer, 'columnDefinitions').map((column) => ({
      title: textAt(column, 'name').toUpperCase(),
      priority: numberAt(column, 'priority') ?? 0,
    }));
    return {
      columns,
      rows: objectsAt(answer, 'rows').map((row) => toRow(objectAt(row, 'object'), cellsOf(row))),
    };
  }
  const isList = Array.isArray(answer['items']);
  const objects = isList ? objectsAt(answer, 'items') : [answer];
  const rows = objects.map((object) => {
    const metadata = objectAt(object, 'metadata');
    return toRow(object, [textAt(metadata, 'name'), textAt(metadata, 'creationTimestamp')]);
  });
  return { columns: PLAIN, rows };
}

function toRow(object: JsonObject | undefined, cells: readonly string[]): TableRow {
  const metadata = objectAt(object, 'metadata');
  return {
    cells,
    namespace: textAt(metadata, 'namespace'),
    name: textAt(metadata, 'name'),
    labels: labelsAt(metadata, 'labels'),
  };
}

function cellsOf(row: JsonObject): string[] {
  const cells = Array.isArray(row['cells']) ? row['cells'] : [];
  return cells.map((cell) => {
    if (cell === null) return '';
    const text = typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
    // A cell is one line of a terminal, and never speaks to it.
    return text.replaceAll(/\p{Cc}+/gu, ' ').trimEnd();
  });
}
