import { createAligner } from '../format/align-columns.ts';
import type { Aligner } from '../format/align-columns.ts';
import type { AcrossRequest } from './read-across-request.ts';
import { TABLE } from './printer.ts';
import type { Printer } from './printer.ts';
import { readTable } from './read-table.ts';
import type { Table } from './read-table.ts';

type TableLook = Pick<AcrossRequest, 'hasHeaders' | 'isShowingLabels' | 'namespace' | 'output'>;

/**
 * Prints pages as they come, under one header; under another where a cluster has other columns.
 * @param labels - of the clusters that are asked: their column is wide enough for all from the first line on
 */
export function createTablePrinter(look: TableLook, labels: readonly string[]): Printer {
  let header = '';
  let aligner: Aligner = createAligner();
  let isFirst = true;
  return {
    accept: TABLE,
    print: ({ label }, kind, answer) => {
      const table = readTable(answer);
      if (table === undefined || table.rows.length === 0) return '';
      const { titles, lines } = arrange(look, table, kind.namespaced, label);
      const next = [kind.plural, ...titles].join('\0');
      if (next === header) return aligner.format(lines);
      header = next;
      aligner = createAligner([Math.max(...labels.map((each) => each.length))]);
      const gap = isFirst ? '' : '\n';
      isFirst = false;
      return gap + aligner.format(look.hasHeaders ? [titles, ...lines] : lines);
    },
    end: () => '',
  };
}

function arrange(
  { isShowingLabels, namespace, output }: TableLook,
  { columns, rows }: Table,
  isNamespaced: boolean,
  label: string,
): { readonly titles: string[]; readonly lines: string[][] } {
  const isAll = namespace === undefined && isNamespaced;
  const shown = columns.map(({ priority }) => priority === 0 || output === 'wide');
  const pick = <T>(values: readonly T[]): T[] => values.filter((_value, column) => shown[column] === true);
  const textOf = (labels: Readonly<Record<string, string>>): string => {
    const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
  };
  return {
    titles: [
      'CLUSTER',
      ...(isAll ? ['NAMESPACE'] : []),
      ...pick(columns.map(({ title }) => title)),
      ...(isShowingLabels ? ['LABELS'] : []),
    ],
    lines: rows.map((row) => [
      label,
      ...(isAll ? [row.namespace] : []),
      ...pick(row.cells),
      ...(isShowingLabels ? [textOf(row.labels)] : []),
    ]),
  };
}
