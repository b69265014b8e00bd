import { isApiError } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import { DeadlineError, errorText, withTimeout } from '@clusternet/runtime';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import { formatTime } from './conditions.ts';

export interface EventRecorderDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Such as `clusternet-controller-manager`. */
  readonly component: string;
}

/** Tells people what happened to an object. Never fails, never waits: an Event lost is a line in the log. */
export interface EventRecorder {
  record(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /**
   * Resolves when everything recorded so far is written or given up.
   * @param limitMs - what is not written by then is given up. @default 5000
   */
  flush(limitMs?: number): Promise<void>;
}

/** Longer messages are cut: the API takes no more, bytes. */
const MAX_MESSAGE_BYTES = 1024;
/** Longest time for one Event, ms. */
const WRITE_TIMEOUT_MS = 10_000;
/** Series that are remembered, so that repetition counts up instead of adding Events. */
const MAX_SERIES = 4096;
/** Events waiting to be written; more are dropped and counted in the log. */
const MAX_PENDING = 256;

interface Series {
  readonly name: string;
  count: number;
}

/** Creates a recorder that writes core/v1 Events; the same event again raises `count`. */
export function createEventRecorder(deps: EventRecorderDeps): EventRecorder {
  const { client, clock, random, log, component } = deps;
  const events = client.resource({
    group: '',
    version: 'v1',
    plural: 'events',
    kind: 'Event',
    namespaced: true,
  });
  const series = new Map<string, Series>();
  let tail: Promise<void> = Promise.resolve();
  let pending = 0;
  let dropped = 0;
  let closing = new AbortController();

  const write = async (object: KubeObject, type: string, reason: string, message: string): Promise<void> => {
    const { namespace = 'default', name = '', uid } = object.metadata;
    const id = JSON.stringify([uid, namespace, name, type, reason, message]);
    const known = series.get(id);
    const now = formatTime(clock.nowMs());
    await withTimeout(WRITE_TIMEOUT_MS, closing.signal, `recording ${reason}`, async (signal) => {
      signal.throwIfAborted();
      if (known !== undefined) {
        known.count += 1;
        try {
          await events.patch(
            { namespace, name: known.name },
            'merge',
            { count: known.count, lastTimestamp: now },
            {},
            signal,
          );
          return;
        } catch (error) {
          if (!isApiError(error, 'NOT_FOUND')) throw error; // expired: start a new one
        }
      }
      const eventName = `${name.slice(0, 200).replace(/[-.]+$/, '')}.${Buffer.from(random.bytes(8)).toString('hex')}`;
      const [oldest] = series.keys();
      if (series.size >= MAX_SERIES && oldest !== undefined) series.delete(oldest);
      series.set(id, { name: eventName, count: 1 });
      await events.create(
        {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: eventName, namespace },
          involvedObject: {
            apiVersion: object.apiVersion,
            kind: object.kind,
            namespace: object.metadata.namespace,
            name,
            uid,
            resourceVersion: object.metadata.resourceVersion,
          },
          type,
          reason,
          message,
          count: 1,
          firstTimestamp: now,
          lastTimestamp: now,
          source: { component },
          reportingComponent: component,
          reportingInstance: '',
        },
        {},
        signal,
      );
    });
  };

  return {
    record: (object, type, reason, message) => {
      const fields = { reason, object: object.metadata.name };
      if (pending >= MAX_PENDING) {
        dropped += 1;
        if (dropped === 1) log.warn('events dropped: too many wait', { ...fields, limit: MAX_PENDING });
        return;
      }
      pending += 1;
      tail = tail
        .then(() => write(object, type, reason, shorten(message)))
        .catch((error: unknown) => {
          log.warn('event not recorded', { ...fields, error: errorText(error) });
        })
        .finally(() => {
          pending -= 1;
          if (pending === 0) dropped = 0;
        });
    },
    flush: async (limitMs = 5000) => {
      const ending = closing;
      const cancel = clock.schedule(limitMs, () => {
        ending.abort(new DeadlineError(limitMs, 'writing Events'));
      });
      await tail;
      cancel();
      if (ending.signal.aborted) closing = new AbortController();
    },
  };
}

/** Cuts a message to what the API takes, bytes, without cutting a character. */
function shorten(message: string): string {
  if (Buffer.byteLength(message) <= MAX_MESSAGE_BYTES) return message;
  const end = ' ...';
  const bytes = Buffer.from(message).subarray(0, MAX_MESSAGE_BYTES - end.length);
  return `${bytes.toString('utf8').replace(/\uFFFD+$/, '')}${end}`;
}
