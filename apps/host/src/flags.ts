/** A flag's kind decides how its text is read. */
export type FlagKind = 'boolean' | 'duration' | 'integer' | 'list' | 'map' | 'number' | 'string';

export interface FlagDefinition {
  readonly kind: FlagKind;
  readonly default: string;
  readonly help: string;
  /** Accepted for compatibility and without effect here; said once when it is given. */
  readonly isIgnored?: boolean;
  readonly isRequired?: boolean;
  /** Smallest and largest number that is taken; for integers and numbers. @default no limit */
  readonly min?: number;
  readonly max?: number;
  /** Values that are taken; others are errors. */
  readonly choices?: readonly string[];
  /** Never shown, not even as a default. */
  readonly isSecret?: boolean;
}

export type FlagTable = Readonly<Record<string, FlagDefinition>>;

export interface ParsedFlags {
  /** Text by flag name, defaults filled in; also in place of values that are errors, so that reading goes on. */
  readonly values: ReadonlyMap<string, string>;
  /** Flags that were given and have no effect. */
  readonly ignored: readonly string[];
  readonly isHelp: boolean;
  /** `short`, `json` or `yaml`; undefined when no version was asked for. */
  readonly version: string | undefined;
  /** Every mistake, one sentence each. */
  readonly errors: readonly string[];
}

const DURATION = /^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const DURATION_PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
/** Both characters that people write as micro. */
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** Reads a Go duration such as `1m30s`. @returns milliseconds, or undefined when it is none */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!DURATION.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount = '0', unit = ''] of text.matchAll(DURATION_PART)) {
    totalMs += Number(amount) * (UNIT_MS.get(unit) ?? 0);
  }
  return totalMs;
}

interface ParseState {
  readonly values: Map<string, string>;
  readonly given: Set<string>;
  readonly errors: string[];
  /** Flags whose mistake is said already. */
  readonly wrong: Set<string>;
  isHelp: boolean;
  version: string | undefined;
}

/**
 * Reads command-line flags as Go programs do: `--name=value`, `--name value`, a bare `--name` for booleans,
 * `_` for `-`. Nothing is thrown: all mistakes are collected.
 */
export function parseFlags(table: FlagTable, args: readonly string[]): ParsedFlags {
  const values = new Map(Object.entries(table).map(([name, { default: value }]) => [name, value]));
  const state: ParseState = {
    values,
    given: new Set(),
    wrong: new Set(),
    errors: [],
    isHelp: false,
    version: undefined,
  };
  const queue = [...args];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') continue; // ends the flags; what follows is refused as an argument, as everywhere
    parseWord(table, state, word, queue);
  }
  if (!state.isHelp && state.version === undefined) {
    for (const [name, definition] of Object.entries(table)) {
      if (state.wrong.has(name)) continue;
      const problem = check(definition, values.get(name) ?? '', state.given.has(name));
      if (problem === undefined) continue;
      state.errors.push(`--${name} ${problem}`);
      values.set(name, definition.default);
    }
  }
  const ignored = [...state.given].filter((name) => table[name]?.isIgnored === true);
  const { isHelp, version, errors } = state;
  return { values, ignored, isHelp, version, errors };
}

/** Reads one word and, where its flag wants one, the value behind it from the queue. */
function parseWord(table: FlagTable, state: ParseState, word: string, queue: string[]): void {
  if (!word.startsWith('-') || word === '-') {
    // `--token= abc` leaves the secret here: what may be one is not repeated.
    const isPublic = ![...state.given].some((name) => table[name]?.isSecret === true);
    const shown = isPublic ? `"${word}"` : 'what follows a flag';
    state.errors.push(`${shown} is not a flag; this program takes no arguments`);
    return;
  }
  const [rawName = '', ...rest] = word.replace(/^--?/, '').split('=');
  const name = rawName.replaceAll('_', '-');
  const inline = word.includes('=') ? rest.join('=') : undefined;
  const definition = Object.hasOwn(table, name) ? table[name] : undefined;
  if (name === 'help' || name === 'h') state.isHelp = true;
  else if (name === 'version') state.version = inline ?? 'short';
  else if (definition === undefined) {
    const near = nearest(name, Object.keys(table));
    state.errors.push(`--${name} is not a flag${near === undefined ? '' : `; did you mean --${near}?`}`);
    if (inline === undefined && queue[0]?.startsWith('-') === false) queue.shift();
  } else {
    setValue(state, name, definition, inline ?? takeValue(definition, queue));
  }
}

/** A word that starts with two dashes is the next flag: its value was forgotten. `-1` is a value. */
function takeValue({ kind }: FlagDefinition, queue: string[]): string | undefined {
  if (kind !== 'boolean') return queue[0]?.startsWith('--') === true ? undefined : queue.shift();
  return queue[0] === 'true' || queue[0] === 'false' ? queue.shift() : 'true';
}

function setValue(
  { values, given, errors, wrong }: ParseState,
  name: string,
  { kind }: FlagDefinition,
  value: string | undefined,
): void {
  if (value === undefined) {
    errors.push(`--${name} needs a value`);
    wrong.add(name);
    return;
  }
  const isRepeat = given.has(name) && (kind === 'list' || kind === 'map');
  values.set(name, isRepeat ? `${values.get(name) ?? ''},${value}` : value);
  given.add(name);
}

function check(definition: FlagDefinition, value: string, isGiven: boolean): string | undefined {
  if (definition.isRequired === true && value === '') return `is required: ${definition.help}`;
  if (!isGiven) return undefined;
  const shown = definition.isSecret === true ? 'the value' : `"${value}"`;
  if (definition.choices !== undefined && !definition.choices.includes(value)) {
    return `takes ${definition.choices.join(', ')}; not ${shown}`;
  }
  return checkKind(definition, value, shown);
}

function checkKind(definition: FlagDefinition, value: string, shown: string): string | undefined {
  switch (definition.kind) {
    case 'boolean':
      return ['true', 'false', '1', '0', 't', 'f'].includes(value.toLowerCase())
        ? undefined
        : `takes true or false, not ${shown}`;
    case 'integer':
      return /^[-+]?\d+$/.test(value) && Number.isSafeInteger(Number(value))
        ? checkRange(definition, Number(value), shown)
        : `takes a whole number, not ${shown}`;
    case 'number':
      return value.trim() !== '' && Number.isFinite(Number(value))
        ? checkRange(definition, Number(value), shown)
        : `takes a number, not ${shown}`;
    case 'duration':
      return parseDuration(value) === undefined
        ? `takes a duration such as 20s or 3m, not ${shown}`
        : undefined;
    case 'map':
      return value.split(',').every((pair) => pair === '' || /^[^=]+=[^=]*$/.test(pair.trim()))
        ? undefined
        : `takes key=value pairs joined by commas, not ${shown}`;
    case 'list':
    case 'string':
      return undefined;
  }
}

function checkRange(
  { min = -Infinity, max = Infinity }: FlagDefinition,
  value: number,
  shown: string,
): string | undefined {
  if (value >= min && value <= max) return undefined;
  if (max === Infinity) return `takes ${min} or more, not ${shown}`;
  if (min === -Infinity) return `takes ${max} or less, not ${shown}`;
  return `takes ${min} to ${max}, not ${shown}`;
}

/** The known word that a mistyped one is closest to, if any is close. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The text of `--help`. */
export function formatHelp(program: string, purpose: string, table: FlagTable): string {
  const lines = [purpose, '', 'Usage:', `  ${program} [flags]`, '', 'Flags:'];
  for (const [name, { kind, default: value, help, isIgnored, choices, isSecret }] of Object.entries(table)) {
    if (isIgnored === true) continue;
    const type = kind === 'boolean' ? '' : ` ${choices?.join('|') ?? kind}`;
    const shown = value === '' || isSecret === true ? '' : ` (default ${value})`;
    lines.push(`  --${name}${type}`, `        ${help}${shown}`);
  }
  const ignored = Object.entries(table).filter(([, { isIgnored }]) => isIgnored === true);
  if (ignored.length > 0) {
    lines.push('', 'Accepted for compatibility, without effect:');
    lines.push(`  ${ignored.map(([name]) => `--${name}`).join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}
