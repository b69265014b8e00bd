import { join, resolve } from 'node:path';
import { findRun } from '../control/find-run.ts';
import { removeRun } from '../control/run-file.ts';
import type { RunFile } from '../control/run-file.ts';
import { PlaygroundError } from '../errors.ts';
import type { CliDeps } from './cli-deps.ts';
import type { Where } from './parse-command.ts';

/** The folder of a playground; absolute. */
export function directoryOf({ stateRoot }: Pick<CliDeps, 'stateRoot'>, { name, dir }: Where): string {
  return join(resolve(dir ?? stateRoot), name);
}

/** A command about the same playground, as a person would type it. */
export function formatCommandLine(
  { program }: Pick<CliDeps, 'program'>,
  where: Where,
  command: string,
): string {
  const name = where.name === 'default' ? '' : ` --name ${where.name}`;
  const dir = where.dir === undefined ? '' : ` --dir ${quote(where.dir)}`;
  return `${program} ${command}${name}${dir}`;
}

/** A word as a shell reads it back. */
export function quote(word: string): string {
  return /^[\w./:@=+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * Finds the playground that runs; tidies up behind one that has died, and says so.
 * @returns undefined when none runs
 * @throws {PlaygroundError} `UNRESPONSIVE`
 */
export async function findPlayground(deps: CliDeps, where: Where): Promise<RunFile | undefined> {
  const directory = directoryOf(deps, where);
  const found = await findRun(directory);
  if (found.kind === 'running') return found.run;
  if (found.kind === 'stale') {
    await removeRun(directory, found.run);
    deps.err(
      `The playground ${where.name} (process ${found.run.pid}) had ended without tidying up; what it left is removed.\n`,
    );
  }
  return undefined;
}

/** @throws {PlaygroundError} `NOT_RUNNING`, saying how to start one */
export async function getPlayground(deps: CliDeps, where: Where): Promise<RunFile> {
  const run = await findPlayground(deps, where);
  if (run !== undefined) return run;
  throw new PlaygroundError(
    'NOT_RUNNING',
    `no playground ${where.name} is running; start it with: ${formatCommandLine(deps, where, 'up')}`,
  );
}
