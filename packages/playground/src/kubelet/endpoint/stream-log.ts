import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { KubeObject } from '@clusternet/kube-data';
import type { Clock } from '@clusternet/runtime';
import { createLogLine, findContainerRun, formatLogLine, planLogRange } from './pod-log.ts';
import type { ContainerRun, LogOptions } from './pod-log.ts';

export interface LogStream {
  /** The pod as it is now; undefined once it is gone. */
  readonly getPod: () => KubeObject | undefined;
  readonly container: string;
  readonly run: ContainerRun;
  readonly options: LogOptions;
  readonly hasTimestamp: boolean;
  readonly follow: boolean;
  readonly limitBytes: number | undefined;
}

/** Writes the lines of a log, and with `follow` those to come, until the container ends or `signal` aborts. */
export async function streamLog(
  clock: Clock,
  log: LogStream,
  output: Writable,
  signal: AbortSignal,
): Promise<void> {
  const { container, options } = log;
  let { run } = log;
  let pod = log.getPod();
  if (pod === undefined) return;
  let next = planLogRange(run, options, clock.nowMs()).first;
  let leftBytes = log.limitBytes ?? Infinity;
  while (!signal.aborted) {
    for (const { end } = planLogRange(run, options, clock.nowMs()); next < end; next += 1) {
      const line = Buffer.from(
        formatLogLine(createLogLine(pod, container, run, options, next), log.hasTimestamp),
      );
      const part = line.subarray(0, leftBytes);
      leftBytes -= part.length;
      if (!(await write(output, part, signal)) || leftBytes <= 0) return;
    }
    if (!log.follow || run.finishedMs !== undefined) return;
    await clock.sleep(Math.max(0, run.startedMs + next * options.intervalMs - clock.nowMs()), signal);
    pod = log.getPod() ?? pod;
    if (log.getPod() === undefined) return;
    const now = findContainerRun(pod, container, false);
    if ('problem' in now) continue;
    // The container was started anew: this is the log of the run before.
    run = now.startedMs === run.startedMs ? now : { ...run, finishedMs: now.startedMs };
  }
}

/** @returns false when nobody reads any more */
async function write(output: Writable, chunk: Buffer, signal: AbortSignal): Promise<boolean> {
  if (!output.writable || signal.aborted) return false;
  if (output.write(chunk)) return true;
  try {
    await Promise.race([once(output, 'drain', { signal }), once(output, 'close', { signal })]);
  } catch {
    return false; // aborted, or the stream failed
  }
  return output.writable;
}
