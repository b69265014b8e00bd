/** How the text of a flag is read. */
export type FlagKind = 'duration' | 'integer' | 'list' | 'number' | 'switch' | 'text';

export interface FlagDefinition {
  readonly kind: FlagKind;
  readonly help: string;
  /** One letter. */
  readonly short?: string;
  /** What stands for the value in the help. */
  readonly value?: string;
  /** Shown in the help; whoever reads the flag fills it in. */
  readonly default?: string;
  readonly choices?: readonly string[];
  /** Lowest and highest number. @default no limit */
  readonly min?: number;
  readonly max?: number;
  /** Not for people. */
  readonly isHidden?: boolean;
}

export type FlagTable = Readonly<Record<string, FlagDefinition>>;

/** Values that were given, by flag. */
export type FlagValues = ReadonlyMap<string, string>;

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** Reads a duration such as `250ms` or `1.5s`. @returns milliseconds, or undefined when it is none */
export function parseDuration(text: string): number | undefined {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const unitMs = UNIT_MS.get(unit);
  if (unitMs !== undefined) return Number(amount) * unitMs;
  return text === '0' ? 0 : undefined;
}

/** Why a value does not fit its flag; undefined when it does. */
export function checkFlag(definition: FlagDefinition, text: string): string | undefined {
  const shown = JSON.stringify(text);
  if (definition.choices !== undefined && !definition.choices.includes(text))
    return `takes ${definition.choices.join(', ')}; not ${shown}`;
  switch (definition.kind) {
    case 'duration':
      return parseDuration(text) === undefined
        ? `takes a duration such as 200ms or 5s, not ${shown}`
        : undefined;
    case 'integer':
      return checkRange(definition, /^\d+$/.test(text) ? Number(text) : NaN, 'a whole number', shown);
    case 'number':
      return checkRange(definition, text.trim() === '' ? NaN : Number(text), 'a number', shown);
    case 'list':
    case 'switch':
    case 'text':
      return undefined;
  }
}

function checkRange(
  { min = 0, max = Number.MAX_SAFE_INTEGER }: FlagDefinition,
  value: number,
  what: string,
  shown: string,
): string | undefined {
  if (value >= min && value <= max) return undefined;
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  return `takes ${what} ${range}, not ${shown}`;
}
