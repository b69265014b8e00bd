import { parseDuration } from './flags.ts';
import type { ParsedFlags } from './flags.ts';

/** Typed access to flags that have been checked. */
export interface FlagReader {
  text(name: string): string;
  flag(name: string): boolean;
  number(name: string): number;
  durationMs(name: string): number;
  list(name: string): readonly string[];
  map(name: string): Readonly<Record<string, string>>;
}

/** Reads values of {@link parseFlags}; asking for a flag that is not in the table is a mistake of ours. */
export function createFlagReader({ values }: ParsedFlags): FlagReader {
  const text = (name: string): string => {
    const value = values.get(name);
    if (value === undefined) throw new RangeError(`there is no flag --${name}`);
    return value;
  };
  const list = (name: string): readonly string[] =>
    text(name)
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  return {
    text,
    list,
    flag: (name) => ['true', '1', 't'].includes(text(name).toLowerCase()),
    number: (name) => Number(text(name)),
    durationMs: (name) => parseDuration(text(name)) ?? 0,
    map: (name) =>
      Object.fromEntries(
        list(name).map((pair): [string, string] => {
          const at = pair.indexOf('=');
          return [pair.slice(0, at), pair.slice(at + 1)];
        }),
      ),
  };
}
