import type { ApiHandler, ApiRequest } from '@clusternet/apiserver';
import { cutAnswer } from './intercept-answer.ts';
import type { Answer } from './intercept-answer.ts';
import type { WatchEnd } from './fault-settings.ts';

/** The watches that are served at present. */
export interface OpenWatches {
  /** Keeps track of the watches that `handle` serves. */
  track(handle: ApiHandler): ApiHandler;
  /** Ends those that `isMeant`. @returns how many there were */
  end(by: WatchEnd, isMeant: (request: ApiRequest) => boolean): number;
}

interface OpenWatch {
  readonly request: ApiRequest;
  readonly answer: Answer;
  readonly controller: AbortController;
}

export function createOpenWatches(): OpenWatches {
  const watches = new Set<OpenWatch>();
  const follow: (handle: ApiHandler) => ApiHandler = (handle) => async (request, response, signal) => {
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal.reason);
    const watch = { request, answer: response, controller };
    watches.add(watch);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      await handle(request, response, controller.signal);
    } finally {
      signal.removeEventListener('abort', abort);
      watches.delete(watch);
    }
  };
  return {
    track: (handle) => {
      const handleWatch = follow(handle);
      return (request, response, signal) =>
        (request.info.verb === 'watch' ? handleWatch : handle)(request, response, signal);
    },
    end(by, isMeant) {
      const meant = [...watches].filter(({ request }) => isMeant(request));
      for (const { answer, controller } of meant) {
        if (by === 'cut') cutAnswer(answer);
        else controller.abort();
      }
      return meant.length;
    },
  };
}
