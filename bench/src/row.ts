/** One figure, beside a baseline measured in the same run. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: 'MiB' | 'ms' | 'req/s' | 's';
  readonly baseline: { readonly name: string; readonly value: number };
  /** `value / baseline.value` */
  readonly ratio: number;
  /** What the figure must not exceed. */
  readonly bar?: number;
}
