import { isDnsLabel } from '@clusternet/kube-data';
import type { FaultOrder } from '../control/control-routes.ts';
import { COMMANDS, SHELLS } from './commands.ts';
import type { CommandDefinition } from './commands.ts';
import { buildFaultOrder, checkFaultFlags } from './fault-flags.ts';
import { parseDuration } from './flag-table.ts';
import type { FlagValues } from './flag-table.ts';
import { nearestWord } from './nearest-word.ts';
import { readWords } from './read-words.ts';

/** Which playground. */
export interface Where {
  readonly name: string;
  /** Undefined: the folder of this user. */
  readonly dir: string | undefined;
}

/** What a person asks for. */
export type Command =
  | { readonly kind: 'completion'; readonly shell: (typeof SHELLS)[number] }
  | { readonly kind: 'down'; readonly where: Where }
  | {
      readonly kind: 'faults';
      readonly where: Where;
      readonly cluster: string;
      readonly order: FaultOrder | undefined;
    }
  | { readonly kind: 'help'; readonly command: string | undefined }
  | {
      readonly kind: 'kubeconfig';
      readonly where: Where;
      /** Undefined: all. */
      readonly cluster: string | undefined;
      readonly path: string | undefined;
      readonly isForced: boolean;
    }
  | {
      readonly kind: 'order';
      readonly where: Where;
      readonly order: Order;
      readonly clusters: readonly string[];
    }
  | { readonly kind: 'status'; readonly where: Where; readonly output: 'json' | 'table' }
  | UpCommand
  | { readonly kind: 'version' }
  | { readonly kind: 'wrong'; readonly command: string | undefined; readonly errors: readonly string[] };

export interface UpCommand {
  readonly kind: 'up';
  readonly where: Where;
  readonly clusters: readonly string[];
  readonly port: number;
  readonly readyDelayMs: number;
  readonly isVerbose: boolean;
  /** `parent` waits for `child`, which runs in the background. */
  readonly mode: 'child' | 'foreground' | 'parent';
}

/** What clusters can be told. */
export type Order = 'freeze' | 'kill' | 'restart' | 'thaw';

const MAX_CLUSTERS = 1000;

/** Reads a command line without the program: every mistake is told at once. */
export function parseCommand(args: readonly string[]): Command {
  const [word = 'help', ...rest] = args;
  if (word === '--help' || word === '-h') return { kind: 'help', command: undefined };
  if (word === '--version' || word === 'version') return { kind: 'version' };
  const definition = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  if (definition === undefined) {
    const near = nearestWord(word, Object.keys(COMMANDS));
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    return { kind: 'wrong', command: undefined, errors: [`${word} is not a command${hint}`] };
  }
  const { values, operands, isHelp, errors } = readWords(definition.flags, rest);
  if (isHelp) return { kind: 'help', command: word };
  // What does not fit together follows from words that are wrong themselves: it would be told for nothing.
  const wrong =
    errors.length > 0
      ? errors
      : [...checkOperands(definition, operands), ...checkTogether(word, values, operands)];
  if (wrong.length > 0) return { kind: 'wrong', command: word, errors: wrong };
  return build(word, values, operands);
}

function checkOperands(
  { operand, isOptional = false }: CommandDefinition,
  given: readonly string[],
): string[] {
  const [first = ''] = given;
  const missing = given.length === 0 && !isOptional;
  switch (operand) {
    case 'none':
      return given.length === 0 ? [] : [`${JSON.stringify(first)} is one word too many`];
    case 'clusters':
      return missing ? ['the name of a cluster is missing'] : [];
    case 'one-cluster':
      if (missing) return ['the name of a cluster is missing'];
      return given.length > 1 ? ['one cluster at a time'] : [];
    case 'command':
      return given.length === 0 || Object.hasOwn(COMMANDS, first) ? [] : [`${first} is not a command`];
    case 'shell':
      if (missing) return [`the name of a shell is missing: ${SHELLS.join(', ')}`];
      return SHELLS.some((shell) => shell === first)
        ? []
        : [`there are completions for ${SHELLS.join(', ')}; not for ${JSON.stringify(first)}`];
  }
}

/** Mistakes that no flag makes alone. */
function checkTogether(command: string, values: FlagValues, operands: readonly string[]): string[] {
  const errors: string[] = [];
  const name = values.get('name');
  if (name !== undefined && !isDnsLabel(name))
    errors.push(`--name takes lower-case letters, digits and dashes, not ${JSON.stringify(name)}`);
  if (command === 'up')
    errors.push(...checkClusters(values.get('clusters') ?? '1', Number(values.get('port') ?? 0)));
  if (command === 'kubeconfig') {
    if (values.has('all') === operands.length > 0) errors.push('either the name of a cluster or --all');
    if (values.has('force') && !values.has('write')) errors.push('--force is for --write');
  }
  if (command === 'faults') errors.push(...checkFaultFlags(values));
  return errors;
}

function checkClusters(text: string, port: number): string[] {
  const names = listClusters(text, '');
  const errors: string[] = [];
  if (names.length < 1 || names.length > MAX_CLUSTERS)
    errors.push(`--clusters takes 1 to ${MAX_CLUSTERS} of them, not ${JSON.stringify(text)}`);
  for (const name of names) {
    if (!isDnsLabel(name.replace(/^-/, 'x')))
      errors.push(
        `--clusters takes names of lower-case letters, digits and dashes, not ${JSON.stringify(name)}`,
      );
  }
  if (new Set(names).size < names.length) errors.push('--clusters names a cluster twice');
  if (port !== 0 && port + names.length - 1 > 65_535)
    errors.push('--port leaves too few ports for the clusters');
  return errors;
}

/** `3` clusters are called after the playground, others as told. */
function listClusters(text: string, prefix: string): string[] {
  if (!/^\d+$/.test(text)) return text.split(',');
  const count = Math.min(Number(text), MAX_CLUSTERS + 1);
  return Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
}

function build(command: string, values: FlagValues, operands: readonly string[]): Command {
  const where: Where = { name: values.get('name') ?? 'default', dir: values.get('dir') };
  const [first = ''] = operands;
  switch (command) {
    case 'up':
      return buildUp(where, values);
    case 'status':
      return { kind: 'status', where, output: values.get('output') === 'json' ? 'json' : 'table' };
    case 'kubeconfig':
      return {
        kind: 'kubeconfig',
        where,
        cluster: operands[0],
        path: values.get('write'),
        isForced: values.has('force'),
      };
    case 'freeze':
    case 'thaw':
    case 'kill':
    case 'restart':
      return { kind: 'order', where, order: command, clusters: [...new Set(operands)] };
    case 'faults':
      return { kind: 'faults', where, cluster: first, order: buildFaultOrder(values) };
    case 'down':
      return { kind: 'down', where };
    case 'completion':
      return { kind: 'completion', shell: SHELLS.find((shell) => shell === first) ?? 'bash' };
    default:
      return { kind: 'help', command: operands[0] };
  }
}

function buildUp(where: Where, values: FlagValues): UpCommand {
  const prefix = where.name === 'default' ? 'cluster' : where.name;
  return {
    kind: 'up',
    where,
    clusters: listClusters(values.get('clusters') ?? '1', prefix),
    port: Number(values.get('port') ?? 0),
    readyDelayMs: parseDuration(values.get('ready-delay') ?? '200ms') ?? 0,
    isVerbose: values.has('verbose'),
    mode: values.has('report-to-parent') ? 'child' : values.has('detach') ? 'parent' : 'foreground',
  };
}
