import { errorText } from '@clusternet/runtime';
import { formatHelp, parseFlags } from './flags.ts';
import type { FlagTable, ParsedFlags } from './flags.ts';

/** Exit codes of our programs. */
export const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

export interface Program<C> {
  readonly name: string;
  readonly purpose: string;
  readonly version: string;
  readonly flags: FlagTable;
  /** Turns checked flags into a configuration. @returns also one sentence for each mistake */
  readonly configure: (flags: ParsedFlags) => {
    readonly config: C | undefined;
    readonly errors: readonly string[];
  };
  /** Runs until the signal aborts. */
  readonly run: (config: C, signal: AbortSignal) => Promise<void>;
}

/**
 * Runs a program from its arguments to its exit code: help, version, all mistakes at once, signals.
 * The first SIGTERM or SIGINT asks it to stop, the second ends it.
 */
export async function runProgram<C>(program: Program<C>, args: readonly string[]): Promise<number> {
  const flags = parseFlags(program.flags, args);
  if (flags.isHelp) {
    process.stdout.write(formatHelp(program.name, program.purpose, program.flags));
    return EXIT.ok;
  }
  if (flags.version !== undefined) return printVersion(program, flags.version);
  const { config, errors } =
    flags.errors.length > 0 ? { config: undefined, errors: flags.errors } : program.configure(flags);
  if (config === undefined || errors.length > 0) {
    for (const error of errors) process.stderr.write(`${program.name}: ${error}\n`);
    process.stderr.write(`${program.name}: see ${program.name} --help\n`);
    return EXIT.usage;
  }
  for (const name of flags.ignored) process.stderr.write(`${program.name}: --${name} has no effect here\n`);
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.failure);
    controller.abort();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  try {
    await program.run(config, controller.signal);
    return EXIT.ok;
  } catch (error) {
    process.stderr.write(`${program.name}: ${errorText(error)}\n`);
    return EXIT.failure;
  } finally {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
  }
}

function printVersion({ name, version }: Pick<Program<unknown>, 'name' | 'version'>, form: string): number {
  const info = {
    programName: name,
    gitVersion: version,
    platform: `${process.platform}/${process.arch}`,
    nodeVersion: process.version,
  };
  switch (form) {
    case 'short':
    case 'true':
      process.stdout.write(`${name} version: ${version}\n`);
      return EXIT.ok;
    case 'json':
      process.stdout.write(`${JSON.stringify(info, null, 2)}\n`);
      return EXIT.ok;
    case 'yaml':
      process.stdout.write(
        `${Object.entries(info)
          .map(([key, value]) => `${key}: ${value}`)
          .join('\n')}\n`,
      );
      return EXIT.ok;
    default:
      process.stderr.write(`${name}: --version takes short, json or yaml, not "${form}"\n`);
      return EXIT.usage;
  }
}
