/** What a figure has to reach. */
export interface Bar {
  /** Of the figure itself, or of its ratio to the baseline. */
  readonly of: 'ratio' | 'value';
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One figure, beside a baseline measured in the same run. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline?: { readonly name: string; readonly value: number };
  /** `value / baseline.value` */
  readonly ratio?: number;
  readonly bar?: Bar;
  /** Whether the bar is reached; absent without one. */
  readonly isMet?: boolean;
}

/** A row with its ratio and verdict filled in. */
export function createRow(row: Omit<BenchRow, 'isMet' | 'ratio'>): BenchRow {
  const ratio = row.baseline === undefined ? undefined : row.value / row.baseline.value;
  const withRatio = ratio === undefined ? row : { ...row, ratio };
  if (row.bar === undefined) return withRatio;
  const { of, atLeast = -Infinity, atMost = Infinity } = row.bar;
  const figure = of === 'ratio' ? (ratio ?? NaN) : row.value;
  return { ...withRatio, isMet: figure >= atLeast && figure <= atMost };
}

/** A table for people. */
export function formatRows(rows: readonly BenchRow[]): string {
  const show = (value: number): string =>
    Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
  return rows
    .map(({ name, value, unit, baseline, ratio, bar, isMet }) => {
      const beside =
        baseline === undefined || ratio === undefined
          ? ''
          : `${ratio.toFixed(2)} x ${baseline.name} (${show(baseline.value)} ${unit})`;
      const wanted =
        bar === undefined
          ? ''
          : `bar ${bar.atLeast === undefined ? `<= ${bar.atMost ?? ''}` : `>= ${bar.atLeast}`}${bar.of === 'ratio' ? 'x' : ` ${unit}`}: ${isMet === true ? 'met' : 'MISSED'}`;
      return [name.padEnd(44), `${show(value)} ${unit}`.padStart(16), beside.padEnd(44), wanted]
        .join('  ')
        .trimEnd();
    })
    .join('\n');
}
