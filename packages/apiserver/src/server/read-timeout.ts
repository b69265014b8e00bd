import { createBadRequest } from '../errors/status-errors.ts';

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
const DURATION = /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;

/**
 * How long a client waits for its answer, ms: the `timeout` of its query as Go writes durations, up to a maximum.
 * @throws {ApiError} `BadRequest` for what is no duration
 */
export function readTimeout(query: URLSearchParams, maximumMs: number): number {
  const text = query.get('timeout') ?? '';
  if (text === '') return maximumMs;
  const durationMs = parseGoDuration(text);
  if (durationMs === undefined) {
    throw createBadRequest(
      `invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(text)}`,
    );
  }
  return durationMs > 0 ? Math.min(durationMs, maximumMs) : maximumMs;
}

/** `1h2m3.5s` in ms. */
function parseGoDuration(text: string): number | undefined {
  if (text.length > 100 || !DURATION.test(text)) return undefined;
  let sum = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g))
    sum += Number(amount) * (UNITS_MS.get(unit) ?? 0);
  return text.startsWith('-') ? -sum : sum;
}
