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

/** What a program needs of its process; a test has its own. */
export interface ProgramProcess {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  on(event: NodeJS.Signals, listener: () => void): unknown;
  off(event: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * Runs a program from its arguments to its exit code: help, version, all mistakes at once, signals.
 * The first SIGTERM or SIGINT asks it to stop, the second ends it.
 */
export async function runProgram<C>(
  program: Program<C>,
  args: readonly string[],
  host: ProgramProcess = process,
): Promise<number> {
  const flags = parseFlags(program.flags, args);
  const say = (text: string): void => {
    host.stderr.write(`${program.name}: ${text}\n`);
  };
  if (flags.isHelp) {
    host.stdout.write(formatHelp(program.name, program.purpose, program.flags));
    return EXIT.ok;
  }
  if (flags.version !== undefined) return printVersion(program, flags.version, host);
  const { config, errors } = configure(program, flags);
  if (config === undefined || errors.length > 0) {
    for (const error of errors) say(error);
    say(`see ${program.name} --help`);
    return EXIT.usage;
  }
  for (const name of flags.ignored) say(`--${name} has no effect here`);
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) host.exit(EXIT.failure);
    controller.abort();
  };
  host.on('SIGTERM', stop);
  host.on('SIGINT', stop);
  try {
    await program.run(config, controller.signal);
    return EXIT.ok;
  } catch (error) {
    say(errorText(error));
    return EXIT.failure;
  } finally {
    host.off('SIGTERM', stop);
    host.off('SIGINT', stop);
  }
}

/** Mistakes in flags and in what they mean together come in one go. */
function configure<C>(
  program: Program<C>,
  flags: ParsedFlags,
): { readonly config: C | undefined; readonly errors: readonly string[] } {
  try {
    const { config, errors } = program.configure(flags);
    return { config, errors: [...new Set([...flags.errors, ...errors])] };
  } catch (error) {
    return { config: undefined, errors: [...flags.errors, errorText(error)] };
  }
}

function printVersion(
  { name, version }: Pick<Program<unknown>, 'name' | 'version'>,
  form: string,
  { stdout, stderr }: ProgramProcess,
): number {
  const info = {
    programName: name,
    gitVersion: version,
    platform: `${process.platform}/${process.arch}`,
    nodeVersion: process.version,
  };
  switch (form) {
    case 'short':
    case 'true':
      stdout.write(`${name} version: ${version}\n`);
      return EXIT.ok;
    case 'json':
      stdout.write(`${JSON.stringify(info, null, 2)}\n`);
      return EXIT.ok;
    case 'yaml':
      stdout.write(
        `${Object.entries(info)
          .map(([key, value]) => `${key}: ${value}`)
          .join('\n')}\n`,
      );
      return EXIT.ok;
    default:
      stderr.write(`${name}: --version takes short, json or yaml, not "${form}"\n`);
      return EXIT.usage;
  }
}
