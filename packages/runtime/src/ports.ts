/** What a log line may carry beside its message. Never a token, a key or the body of a Secret. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logging. Messages are constant and lower case; what varies goes in `fields`. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose lines all carry `fields`. */
  child(fields: LogFields): Logger;
}

export type MetricLabels = Readonly<Record<string, string>>;

/** What every metric declares about itself. Names end in their unit; label values are few. */
export interface MetricOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

export interface Counter {
  /** @param by - at least 0; 1 unless told */
  add(by?: number, labels?: MetricLabels): void;
}

export interface Gauge {
  set(value: number, labels?: MetricLabels): void;
  add(by: number, labels?: MetricLabels): void;
}

export interface Histogram {
  observe(value: number, labels?: MetricLabels): void;
}

/** Registers metrics. Asking twice for one name gives the same metric. */
export interface Metrics {
  counter(options: MetricOptions): Counter;
  gauge(options: MetricOptions): Gauge;
  histogram(options: MetricOptions & { readonly buckets?: readonly number[] }): Histogram;
}

/** Time as a collaborator, so that a test can own it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z; may jump. */
  nowMs(): number;
  /** Milliseconds from an arbitrary origin; never goes back. */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`; the result cancels it. Does not keep the process alive by itself. */
  schedule(delayMs: number, callback: () => void): () => void;
  /** Resolves to `true` after `delayMs`, or to `false` as soon as `signal` aborts. Never rejects. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<boolean>;
}

/** Randomness as a collaborator. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  bytes(length: number): Uint8Array;
  uuid(): string;
}
