import { startBenchProcess } from '../processes.ts';
import type { BenchProcess } from '../processes.ts';

/** What the load generator saw. */
export interface LoadResult {
  readonly requests: number;
  readonly errors: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mibPerSecond: number;
  readonly lastError?: string;
}

export interface LoadSpec {
  readonly mode: 'get' | 'hold' | 'slow';
  readonly url: string;
  readonly clients: number;
  readonly seconds: number;
  /** For `slow`: how fast each client reads. */
  readonly bytesPerSecond?: number;
}

/** Starts clients in a process of their own. `hold` prints a line once all streams have begun. */
export function startLoad(peer: string, spec: LoadSpec): BenchProcess {
  const { mode, url, clients, seconds, bytesPerSecond = 0 } = spec;
  return startBenchProcess(peer, [
    'load',
    mode,
    url,
    String(clients),
    String(seconds),
    String(bytesPerSecond),
  ]);
}

/** Runs clients to their end. @throws when any of them failed: a figure with errors in it is none */
export async function runLoad(peer: string, spec: LoadSpec): Promise<LoadResult> {
  await using load = startLoad(peer, spec);
  const result = JSON.parse(await load.nextLine()) as LoadResult;
  if (result.errors > 0) {
    throw new Error(`${result.errors} of the requests to ${spec.url} failed: ${result.lastError ?? ''}`);
  }
  return result;
}
