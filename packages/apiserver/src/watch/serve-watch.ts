import { stringifyJson } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import type { Clock, Random } from '@clusternet/runtime';
import { readWatchOptions } from '../registry/read-list-options.ts';
import type { StoredResource } from '../registry/stored-resource.ts';
import type { WatchEvent } from '../registry/watch-objects.ts';
import { getText, OBJECT_KINDS, presentObject, readInclude } from '../registry/write-objects.ts';
import { negotiate } from '../server/negotiate.ts';
import type { ApiRequest, ApiResponse } from '../server/request.ts';

/** How watches over HTTP behave. */
export interface WatchServing {
  readonly clock: Clock;
  readonly random: Random;
  /** Time between bookmarks, ms. */
  readonly bookmarkIntervalMs: number;
}

/** A reader that is this far behind is cut off. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
const MIN_TIMEOUT_SECONDS = 1800;

/**
 * Streams a watch until its time is up, the client leaves or the server stops.
 * @throws {ApiError} before anything is sent, for a watch that cannot be
 */
export async function serveWatch(
  serving: WatchServing,
  resource: StoredResource,
  namespace: string,
  exchange: { readonly request: ApiRequest; readonly response: ApiResponse; readonly signal: AbortSignal },
): Promise<void> {
  const { request, response, signal } = exchange;
  const negotiated = negotiate(request.headers, OBJECT_KINDS);
  const options = readWatchOptions(request.query);
  const include = readInclude(request.query, negotiated);
  const present = createPresenter(resource, (object, isFirst) =>
    negotiated.as === undefined
      ? undefined
      : presentObject(
          object,
          resource.definition,
          { negotiated, include, nowMs: serving.clock.nowMs() },
          isFirst,
        ),
  );
  await new Promise<void>((resolve) => {
    let cancelTimers = (): void => undefined;
    const finish = (): void => {
      watch.close();
      cancelTimers();
      signal.removeEventListener('abort', finish);
      response.end();
      resolve();
    };
    let isStarted = false;
    const early: WatchEvent[] = [];
    const send = (event: WatchEvent): void => {
      if (!isStarted) {
        early.push(event); // the head goes first, and only when the watch is known to be possible
        return;
      }
      if (response.writableEnded) return;
      response.write(present(event));
      if (event.type === 'ERROR') finish();
      else if (response.writableLength > MAX_BUFFERED_BYTES) {
        response.destroy();
        finish();
      }
    };
    const watch = resource.watch(namespace, options, send);
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    response.flushHeaders();
    isStarted = true;
    cancelTimers = startTimers(serving, options.timeoutSeconds, {
      bookmark:
        options.allowBookmarks === true
          ? () =>
              send({
                type: 'BOOKMARK',
                resourceVersion: watch.getResourceVersion(),
                endsInitialEvents: false,
              })
          : () => undefined,
      finish,
    });
    signal.addEventListener('abort', finish);
    for (const event of early) send(event);
    if (signal.aborted) finish();
  });
}

function createPresenter(
  resource: StoredResource,
  convert: (object: Parameters<typeof getText>[0], isFirst: boolean) => JsonObject | undefined,
): (event: WatchEvent) => Buffer | string {
  const { group, version, kind } = resource.definition;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  let isFirst = true;
  return (event) => {
    switch (event.type) {
      case 'ERROR':
        return `{"type":"ERROR","object":${stringifyJson(event.status)}}\n`;
      case 'BOOKMARK': {
        const annotations = event.endsInitialEvents ? { 'k8s.io/initial-events-end': 'true' } : undefined;
        const metadata = {
          resourceVersion: event.resourceVersion,
          ...(annotations === undefined ? {} : { annotations }),
        };
        const shown = convert({ kind, apiVersion, metadata }, false);
        // A Table of nothing still carries the resource version.
        const object =
          shown?.['kind'] === 'Table' ? { ...shown, rows: [] } : (shown ?? { kind, apiVersion, metadata });
        return `{"type":"BOOKMARK","object":${JSON.stringify(object)}}\n`;
      }
      default: {
        const shown = convert(event.object, isFirst);
        isFirst = false;
        return shown === undefined
          ? encodeChange(event)
          : `{"type":"${event.type}","object":${stringifyJson(shown)}}\n`;
      }
    }
  };
}

type Change = Extract<WatchEvent, { readonly object: unknown }>;

let encoded: { readonly type: Change['type']; readonly object: object; readonly bytes: Buffer } | undefined;

/** A change in full. All who watch the object are told one after the other, so that the last one is all there is to keep. */
function encodeChange({ type, object }: Change): Buffer {
  if (encoded?.object !== object || encoded.type !== type) {
    encoded = { type, object, bytes: Buffer.from(`{"type":"${type}","object":${getText(object)}}\n`) };
  }
  return encoded.bytes;
}

function startTimers(
  serving: WatchServing,
  asked: number,
  actions: { readonly bookmark: () => void; readonly finish: () => void },
): () => void {
  const seconds = asked > 0 ? asked : MIN_TIMEOUT_SECONDS * (1 + serving.random.next());
  const cancelEnd = serving.clock.schedule(Math.min(seconds * 1000, 2 ** 31 - 1), actions.finish);
  let cancelBookmark = (): void => undefined;
  const next = (): void => {
    cancelBookmark = serving.clock.schedule(serving.bookmarkIntervalMs, () => {
      actions.bookmark();
      next();
    });
  };
  next();
  return () => {
    cancelEnd();
    cancelBookmark();
  };
}
