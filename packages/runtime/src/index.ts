export type {
  Clock,
  Counter,
  Gauge,
  Histogram,
  LogFields,
  Logger,
  MetricLabels,
  MetricOptions,
  Metrics,
  Random,
} from './ports.ts';
export { noMetrics, silentLogger, systemClock, systemRandom } from './system.ts';
export { backoffMs, retry } from './backoff.ts';
export type { BackoffOptions, RetryDeps, RetryOptions } from './backoff.ts';
export { DeadlineError, isDeadlineError, withTimeout } from './deadline.ts';
export { aborted, runAll } from './run-group.ts';
export type { Run } from './run-group.ts';
export { errorText } from './errors.ts';
export { createTokenBucket } from './token-bucket.ts';
export type { TokenBucket, TokenBucketOptions } from './token-bucket.ts';
