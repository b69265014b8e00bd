import { formatTime } from '@clusternet/controller-kit';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { objectAt, objectsAt, textAt } from '../../built-in/fields.ts';

/** The run of a container that a log is about. */
export interface ContainerRun {
  readonly startedMs: number;
  /** Undefined while it runs. */
  readonly finishedMs: number | undefined;
}

/** One line of a log, and when it was written. */
export interface LogLine {
  readonly atMs: number;
  readonly text: string;
}

/** Lines that a log keeps, as if it were rotated. */
export const MAX_LOG_LINES = 10_000;

/**
 * The run of a container that a log is about.
 * @returns why there is none, as kubelets say it
 */
export function findContainerRun(
  pod: KubeObject,
  container: string,
  isPrevious: boolean,
): ContainerRun | { readonly problem: string } {
  const name = pod.metadata.name ?? '';
  const status = objectsAt(objectAt(pod, 'status'), 'containerStatuses').find(
    (item) => item['name'] === container,
  );
  if (isPrevious) {
    const last = objectAt(objectAt(status, 'lastState'), 'terminated');
    return last === undefined
      ? { problem: `previous terminated container "${container}" in pod "${name}" not found` }
      : readRun(last);
  }
  const state = objectAt(status, 'state');
  const run = objectAt(state, 'running') ?? objectAt(state, 'terminated');
  if (run !== undefined) return readRun(run);
  const reason = textAt(objectAt(state, 'waiting'), 'reason') || 'ContainerCreating';
  return { problem: `container "${container}" in pod "${name}" is waiting to start: ${reason}` };
}

function readRun(state: JsonObject): ContainerRun {
  const finished = textAt(state, 'finishedAt');
  return {
    startedMs: Date.parse(textAt(state, 'startedAt')),
    finishedMs: finished === '' ? undefined : Date.parse(finished),
  };
}

export interface LogOptions {
  /** Between two lines, ms. */
  readonly intervalMs: number;
  /** Oldest time wanted, ms. @default all */
  readonly sinceMs?: number;
  /** Newest lines wanted. @default all */
  readonly tailLines?: number;
}

/** The line with a number: the first is written when the container starts, the others after equal times. */
export function createLogLine(
  pod: KubeObject,
  container: string,
  run: ContainerRun,
  options: LogOptions,
  index: number,
): LogLine {
  const { namespace = '', name = '' } = pod.metadata;
  const text =
    index === 0 ? `started ${container} of ${namespace}/${name}` : `${container} is running, line ${index}`;
  return { atMs: run.startedMs + index * options.intervalMs, text };
}

/**
 * The numbers of the lines that a container has written at `nowMs` and that are wanted: from the first, up to
 * but without the last.
 */
export function planLogRange(
  run: ContainerRun,
  options: LogOptions,
  nowMs: number,
): { first: number; end: number } {
  const untilMs = Math.min(nowMs, run.finishedMs ?? nowMs);
  const end = Math.max(0, Math.floor((untilMs - run.startedMs) / options.intervalMs) + 1);
  const since =
    options.sinceMs === undefined ? 0 : Math.ceil((options.sinceMs - run.startedMs) / options.intervalMs);
  const tail = options.tailLines === undefined ? 0 : end - options.tailLines;
  return { first: Math.min(end, Math.max(0, since, tail, end - MAX_LOG_LINES)), end };
}

/** A line as it is sent. */
export function formatLogLine({ atMs, text }: LogLine, hasTimestamp: boolean): string {
  return hasTimestamp ? `${formatTime(atMs).replace('Z', '.000000000Z')} ${text}\n` : `${text}\n`;
}
