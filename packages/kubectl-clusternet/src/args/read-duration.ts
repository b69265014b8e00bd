import { PluginError } from '../errors.ts';

const UNITS_MS: Readonly<Record<string, number>> = { '': 1000, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * A time as kubectl's flags take it: `10s`, `1m`, `500ms`; a bare number is in seconds.
 * @throws {PluginError} `USAGE` for anything else, and for no time at all
 */
export function readDurationMs(flag: string, text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(number) * (UNITS_MS[unit] ?? 0);
  if (!(ms > 0)) throw new PluginError('USAGE', `${flag} takes a time such as 10s, not "${text}"`);
  return ms;
}
