import { COMMANDS, SHELLS } from './commands.ts';
import type { CommandDefinition } from './commands.ts';
import type { FlagDefinition } from './flag-table.ts';

/** The command that completion scripts call. */
export const COMPLETE_COMMAND = '__complete';

/** What may come next on a command line. */
export type Completion =
  | { readonly kind: 'clusters'; readonly given: readonly string[] }
  | { readonly kind: 'files' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

/**
 * Decides what a shell may offer.
 * @param words - what stands behind the program; the last is the one that is being typed, perhaps empty
 */
export function planCompletion(words: readonly string[]): Completion {
  const typed = words.at(-1) ?? '';
  const [command, ...rest] = words.slice(0, -1);
  if (command === undefined) return { kind: 'words', words: Object.keys(COMMANDS) };
  const definition = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (definition === undefined) return { kind: 'words', words: [] };
  const flag = findFlag(definition, rest.at(-1) ?? '');
  if (flag !== undefined && flag.kind !== 'switch') {
    if (flag.choices !== undefined) return { kind: 'words', words: flag.choices };
    return flag.value === 'DIR' || flag.value === 'PATH' ? { kind: 'files' } : { kind: 'words', words: [] };
  }
  if (typed.startsWith('-')) return { kind: 'words', words: listFlags(definition) };
  return completeOperand(definition, rest);
}

function completeOperand({ operand }: CommandDefinition, given: readonly string[]): Completion {
  switch (operand) {
    case 'clusters':
    case 'one-cluster':
      return { kind: 'clusters', given };
    case 'shell':
      return { kind: 'words', words: SHELLS };
    case 'command':
      return { kind: 'words', words: Object.keys(COMMANDS) };
    case 'none':
      return { kind: 'words', words: [] };
  }
}

function findFlag({ flags }: CommandDefinition, word: string): FlagDefinition | undefined {
  const found = Object.entries(flags).find(
    ([name, { short }]) => word === `--${name}` || (short !== undefined && word === `-${short}`),
  );
  return found?.[1];
}

function listFlags({ flags }: CommandDefinition): string[] {
  const known = Object.keys(flags).filter((name) => flags[name]?.isHidden !== true);
  return [...known, 'help'].map((name) => `--${name}`);
}

const NAME = 'clusternet-playground';

/** A script for a shell; all three ask the program itself what may come next. */
export function writeCompletionScript(shell: (typeof SHELLS)[number]): string {
  switch (shell) {
    case 'bash':
      return `_clusternet_playground() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(${NAME} ${COMPLETE_COMMAND} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _clusternet_playground ${NAME}
`;
    case 'zsh':
      return `#compdef ${NAME}
_clusternet_playground() {
  local -a found
  found=("\${(@f)$(${NAME} ${COMPLETE_COMMAND} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -a found; else _files; fi
}
if [ "$funcstack[1]" = "_clusternet_playground" ]; then _clusternet_playground; else compdef _clusternet_playground ${NAME}; fi
`;
    case 'fish':
      return `complete -c ${NAME} -f -a '(${NAME} ${COMPLETE_COMMAND} (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
complete -c ${NAME} -l dir -r -F
complete -c ${NAME} -l write -s w -r -F
`;
  }
}
