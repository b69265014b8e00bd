import { parseArgs } from 'node:util';
import { checkFlag } from './flag-table.ts';
import type { FlagTable, FlagValues } from './flag-table.ts';
import { nearestWord } from './nearest-word.ts';

export interface ReadWords {
  readonly values: FlagValues;
  readonly operands: readonly string[];
  readonly isHelp: boolean;
  /** Every mistake, one sentence each. */
  readonly errors: readonly string[];
}

/** Reads the words behind a command by its flags. Nothing is thrown: mistakes are collected. */
export function readWords(table: FlagTable, words: readonly string[]): ReadWords {
  const known: FlagTable = { ...table, help: { kind: 'switch', short: 'h', help: '' } };
  const options = Object.fromEntries(
    Object.entries(known).map(([name, { kind, short }]) => [
      name,
      {
        type: kind === 'switch' ? ('boolean' as const) : ('string' as const),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  const { tokens } = parseArgs({
    args: [...words],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string>();
  const operands: string[] = [];
  const errors: string[] = [];
  let isHelp = false;
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    const definition = Object.hasOwn(table, name) ? table[name] : undefined;
    if (name === 'help') isHelp = true;
    else if (definition === undefined) errors.push(describeUnknown(rawName, name, table));
    else if (definition.kind === 'switch') {
      if (value === undefined) values.set(name, 'true');
      else errors.push(`${rawName} takes no value`);
    } else if (value === undefined || (!token.inlineValue && value.startsWith('-')))
      errors.push(`${rawName} needs a value`);
    else {
      const problem = checkFlag(definition, value);
      if (problem !== undefined) errors.push(`--${name} ${problem}`);
      values.set(name, value);
    }
  }
  return { values, operands, isHelp, errors };
}

function describeUnknown(rawName: string, name: string, table: FlagTable): string {
  const known = Object.keys(table).filter((flag) => table[flag]?.isHidden !== true);
  const near = name.length > 1 ? nearestWord(name, [...known, 'help']) : undefined;
  return `${rawName} is not a flag${near === undefined ? '' : `; did you mean --${near}?`}`;
}
