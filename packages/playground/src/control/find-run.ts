import { isPlaygroundError } from '../errors.ts';
import { callControl } from './call-control.ts';
import { readRunFile } from './run-file.ts';
import type { RunFile } from './run-file.ts';

/** What is to be found in the folder of a playground. */
export type FoundRun =
  | { readonly kind: 'none' }
  | { readonly kind: 'running'; readonly run: RunFile }
  /** Its process has died without tidying up. */
  | { readonly kind: 'stale'; readonly run: RunFile };

const PROBE_TIMEOUT_MS = 5000;

/**
 * Looks whether a playground runs.
 * @throws {PlaygroundError} `UNRESPONSIVE` for one that is there and does not answer
 */
export async function findRun(directory: string): Promise<FoundRun> {
  const run = await readRunFile(directory);
  if (run === undefined) return { kind: 'none' };
  try {
    await callControl(run, { method: 'GET', path: '/ping', timeoutMs: PROBE_TIMEOUT_MS });
    return { kind: 'running', run };
  } catch (error) {
    if (isPlaygroundError(error) && error.code === 'NOT_RUNNING') return { kind: 'stale', run };
    throw error;
  }
}
