import { KUBECTL_COMMANDS, OWN_COMMANDS } from '../commands/commands.ts';
import { SHELLS } from './scripts.ts';
import { CHILD_FLAGS, LEADING_FLAGS, OWN_FLAGS, PARENT_FLAGS } from './own-flags.ts';
import type { FlagValue, FlagValues } from './own-flags.ts';

/** Something to offer, and what it is. */
export interface Offer {
  readonly word: string;
  readonly about?: string;
}

/** Where offers come from. `lead`: what stands in the typed word before what is offered. */
export type Source =
  | {
      readonly kind: 'clusters' | 'contexts' | 'requests' | 'subscriptions';
      readonly lead: string;
      readonly more: readonly string[];
    }
  | { readonly kind: 'files' }
  | { readonly kind: 'kubectl'; readonly more: readonly Offer[] }
  | { readonly kind: 'words'; readonly offers: readonly Offer[] };

/**
 * Decides where a shell gets its offers from.
 * @param words - what stands behind the program; the last is being typed, and may be empty
 */
export function planCompletion(words: readonly string[]): Source {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  if (before.includes('--')) return { kind: 'files' };
  const { command, operands, open } = readBefore(before);
  const [, flag, given] = /^--([a-z-]+)=(.*)$/.exec(typed) ?? [];
  const value = open ?? (flag === undefined ? undefined : flagsOf(command)[flag]);
  if (value !== undefined && value.kind !== 'none')
    return offerValue(
      value,
      open === undefined ? `--${flag ?? ''}=` : '',
      open === undefined ? (given ?? '') : typed,
    );
  return offerWord(command, operands, typed, before);
}

function offerWord(
  command: string | undefined,
  operands: number,
  typed: string,
  before: readonly string[],
): Source {
  const isFlag = typed.startsWith('-');
  if (command === undefined) return offerWords(isFlag ? listFlags(undefined) : listCommands());
  const hasCluster = before.some((word) => word.startsWith('--cluster-id'));
  const isOwn = Object.hasOwn(OWN_COMMANDS, command);
  if (Object.hasOwn(KUBECTL_COMMANDS, command) && (!isOwn || hasCluster)) {
    // Nothing can be said about what is in a cluster before it is known in which.
    if (KUBECTL_COMMANDS[command]?.place === 'child' && !hasCluster)
      return offerWords([{ word: '--cluster-id' }]);
    return { kind: 'kubectl', more: isFlag ? listFlags(command) : [] };
  }
  if (!isOwn) return offerWords([]);
  return isFlag ? offerWords(listFlags(command)) : offerOperand(command, operands);
}

/** What is said so far: the command, its operands, and the flag whose value is being typed. */
function readBefore(before: readonly string[]): {
  readonly command: string | undefined;
  readonly operands: number;
  readonly open: FlagValue | undefined;
} {
  let command: string | undefined;
  let operands = 0;
  let open: FlagValue | undefined;
  for (const word of before) {
    const isValue = open !== undefined && open.kind !== 'none';
    open =
      isValue || !word.startsWith('-') || word.includes('=')
        ? undefined
        : { ...LEADING_FLAGS, ...flagsOf(command) }[word.replace(/^-+/, '')];
    if (isValue || word.startsWith('-')) continue;
    if (command === undefined) command = word;
    else operands += 1;
  }
  return { command, operands, open: open?.kind === 'none' ? undefined : open };
}

function offerValue(value: FlagValue, lead: string, typed: string): Source {
  switch (value.kind) {
    case 'clusters': {
      const upToComma = typed.slice(0, typed.lastIndexOf(',') + 1);
      return { kind: 'clusters', lead: lead + upToComma, more: upToComma === '' ? ['all'] : [] };
    }
    case 'one cluster':
      return { kind: 'clusters', lead, more: [] };
    case 'contexts':
      return { kind: 'contexts', lead, more: [] };
    case 'files':
      return { kind: 'files' };
    case 'words':
      return offerWords(value.words.map((word) => ({ word: lead + word })));
    case 'any':
    case 'none':
      return offerWords([]);
  }
}

function offerOperand(command: string, operands: number): Source {
  if (operands > 0) return offerWords([]);
  switch (command) {
    case 'accept':
    case 'deny':
      return { kind: 'requests', lead: '', more: [] };
    case 'cordon':
    case 'doctor':
    case 'kubeconfig':
    case 'taint':
    case 'uncordon':
    case 'unjoin':
      return { kind: 'clusters', lead: '', more: [] };
    case 'status':
      return { kind: 'subscriptions', lead: '', more: [] };
    case 'completion':
      return offerWords(SHELLS.map((word) => ({ word })));
    case 'help':
      return offerWords(listCommands());
    default:
      return offerWords([]);
  }
}

function offerWords(offers: readonly Offer[]): Source {
  return { kind: 'words', offers };
}

function listCommands(): Offer[] {
  const kubectl = Object.entries(KUBECTL_COMMANDS).map(([word, { summary }]) => ({ word, about: summary }));
  const own = Object.entries(OWN_COMMANDS).map(([word, { summary }]) => ({ word, about: summary }));
  return [...own, ...kubectl.filter(({ word }) => !Object.hasOwn(OWN_COMMANDS, word))];
}

function flagsOf(command: string | undefined): FlagValues {
  const isOwn = command !== undefined && Object.hasOwn(OWN_COMMANDS, command);
  const own = command !== undefined && Object.hasOwn(OWN_FLAGS, command) ? OWN_FLAGS[command] : {};
  const isOfKubectl = command === undefined || Object.hasOwn(KUBECTL_COMMANDS, command) || !isOwn;
  return { ...PARENT_FLAGS, ...(isOfKubectl ? CHILD_FLAGS : {}), ...own };
}

function listFlags(command: string | undefined): Offer[] {
  return Object.keys(flagsOf(command)).map((name) => ({ word: `--${name}` }));
}
