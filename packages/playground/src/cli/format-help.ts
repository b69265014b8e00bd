import { COMMANDS } from './commands.ts';
import type { CommandDefinition, Operand } from './commands.ts';
import type { FlagTable } from './flag-table.ts';

const ABOUT = `Kubernetes control planes in one process, for trying things out. Never for production.`;

const OPERANDS: Readonly<Record<Operand, string>> = {
  none: '',
  clusters: 'CLUSTER...',
  'one-cluster': 'CLUSTER',
  shell: 'bash|zsh|fish',
  command: 'COMMAND',
};

/** The text of `--help`. @param program - what a person types to get here */
export function formatHelp(program: string, command: string | undefined): string {
  const definition = command === undefined ? undefined : COMMANDS[command];
  return command === undefined || definition === undefined
    ? formatOverview(program)
    : formatCommand(program, command, definition);
}

function formatOverview(program: string): string {
  const names = Object.keys(COMMANDS);
  const widest = Math.max(...names.map((name) => name.length));
  const lines = names.map((name) => `  ${name.padEnd(widest)}  ${COMMANDS[name]?.summary ?? ''}`);
  return `${ABOUT}

Usage:
  ${program} COMMAND [flags]

Commands:
${lines.join('\n')}

Start with:
  ${program} up --clusters 3

${program} COMMAND --help explains a command and its flags. Exit codes: 0 done, 1 it failed, 2 not understood.
`;
}

function formatCommand(program: string, command: string, definition: CommandDefinition): string {
  const { summary, details, operand, isOptional = false, flags, examples } = definition;
  const shown = OPERANDS[operand];
  const usage = [
    command,
    isOptional && shown !== '' ? `[${shown}]` : shown,
    hasFlags(flags) ? '[flags]' : '',
  ];
  const parts = [
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...(details === undefined ? [] : [details]),
    `Usage:\n  ${program} ${usage.filter((part) => part !== '').join(' ')}`,
    ...(hasFlags(flags) ? [`Flags:\n${formatFlags(flags)}`] : []),
    `Examples:\n${examples.map((example) => `  ${program} ${example}`).join('\n')}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function hasFlags(flags: FlagTable): boolean {
  return Object.keys(flags).length > 0;
}

function formatFlags(flags: FlagTable): string {
  const rows = Object.entries(flags)
    .filter(([, { isHidden }]) => isHidden !== true)
    .map(([name, { short, value, help, default: fallback }]): readonly [string, string] => {
      const letter = short === undefined ? '    ' : `-${short}, `;
      const left = `${letter}--${name}${value === undefined ? '' : ` ${value}`}`;
      return [left, fallback === undefined ? help : `${help} (default ${fallback})`];
    });
  const widest = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, help]) => `  ${left.padEnd(widest)}  ${help}`).join('\n');
}
