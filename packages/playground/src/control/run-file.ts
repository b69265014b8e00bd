import { mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PlaygroundError } from '../errors.ts';

/** What a running playground leaves for the commands that talk to it. */
export interface RunFile {
  /** Of this file and of what is spoken over the port. */
  readonly protocol: number;
  readonly pid: number;
  /** On 127.0.0.1. */
  readonly port: number;
  /** Known to whoever may read this file. */
  readonly secret: string;
  /** Names of clusters; their kubeconfigs lie beside this file. */
  readonly clusters: readonly string[];
}

/** Goes up whenever a command of an older version could not talk to a newer playground, or the other way round. */
export const PROTOCOL = 1;

export const RUN_FILE = 'playground.json';
/** What the background run of `up` writes. */
export const LOG_FILE = 'log';
/** The kubeconfig with all clusters. */
export const KUBECONFIG_FILE = 'kubeconfig';

/** Where the kubeconfig of one cluster is. */
export function kubeconfigPath(directory: string, cluster: string): string {
  return join(directory, `${cluster}.kubeconfig`);
}

/** @returns undefined when nothing runs there, or what is there is not ours */
export async function readRunFile(directory: string): Promise<RunFile | undefined> {
  let text: string;
  try {
    text = await readFile(join(directory, RUN_FILE), 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
  return parseRunFile(text);
}

/** @returns undefined for anything that is not a run file */
export function parseRunFile(text: string): RunFile | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // cut off in the middle, or another program's
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { protocol, pid, port, secret, clusters } = value as Partial<Record<keyof RunFile, unknown>>;
  if (typeof protocol !== 'number' || typeof pid !== 'number' || typeof port !== 'number') return undefined;
  if (typeof secret !== 'string' || !Array.isArray(clusters)) return undefined;
  return { protocol, pid, port, secret, clusters: clusters.filter((name) => typeof name === 'string') };
}

/**
 * Writes the run file, for the owner alone.
 * @throws {PlaygroundError} `ALREADY_RUNNING` when somebody was faster, `FILE_EXISTS` for a file that is none of ours
 */
export async function claimRun(directory: string, run: RunFile): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, RUN_FILE);
  try {
    await writeFile(path, `${JSON.stringify(run)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    if ((await readRunFile(directory)) === undefined)
      throw new PlaygroundError('FILE_EXISTS', `${path} is there, and no file of a playground; remove it`);
    throw new PlaygroundError('ALREADY_RUNNING', `another playground has just been started in ${directory}`);
  }
}

/** Removes what a run has left, and nothing else: the folder may be somebody's. */
export async function removeRun(directory: string, { clusters }: Pick<RunFile, 'clusters'>): Promise<void> {
  const paths = [
    ...clusters.map((name) => kubeconfigPath(directory, name)),
    ...[KUBECONFIG_FILE, LOG_FILE, RUN_FILE].map((name) => join(directory, name)),
  ];
  for (const path of paths) await rm(path, { force: true });
  try {
    await rmdir(directory);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'EBUSY', 'EPERM')) throw error;
  }
}

/** Whether an error of the system has one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
