import { send } from '../rest.ts';
import { resourcePath } from '../resource.ts';
import type { ObjectRef } from '../resource.ts';
import type { Transport } from '../transport.ts';
import { splitLines } from '../watch.ts';
import { podRef } from './pod-ref.ts';

/** Which lines of a container's log. */
export interface LogOptions {
  /** @default the pod's only one */
  readonly container?: string;
  /** Goes on with what is written from here on. @default false */
  readonly follow?: boolean;
  /** Of the container's last run. @default false */
  readonly previous?: boolean;
  /** Begins each line with its time. @default false */
  readonly timestamps?: boolean;
  /** As many of the last lines. @default all */
  readonly tailLines?: number;
  /** As old as that at most, s. @default all */
  readonly sinceSeconds?: number;
  readonly limitBytes?: number;
}

/** A longer line ends the log with `TOO_LARGE`, bytes. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** Lines of a log as they come, without their ends. Ends in peace when `signal` aborts. @throws {ApiError} */
export async function* followLog(
  transport: Transport,
  pod: ObjectRef,
  options: LogOptions = {},
  signal?: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const what = `read the log of ${pod.namespace ?? ''}/${pod.name}`;
  try {
    const path = resourcePath(podRef, pod, 'log');
    const request = {
      method: 'GET',
      path,
      query: { ...options },
      accept: '*/*',
      stream: true,
      what,
    } as const;
    const { body } = await send(transport, request, signal);
    yield* splitLines(body, MAX_LINE_BYTES, transport.hop);
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}
