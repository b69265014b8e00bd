import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '@clusternet/runtime';
import { errorText } from '@clusternet/runtime';
import { ApiError } from '../errors/api-error.ts';
import { readTimeout } from './read-timeout.ts';
import { toApiError, writeError, writeUpgradeError } from './respond.ts';
import { admitRequest, isLongRunning, parseTarget } from './serve-request.ts';
import type { RequestChain, RequestTarget } from './serve-request.ts';

/** Made once: an abort without a reason makes a DOMException each time. */
const CLIENT_GONE = new Error('the client is gone');

/** Answers requests and knows which are under way. */
export interface Serving {
  answer(incoming: IncomingMessage, response: ServerResponse): Promise<void>;
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Has clients of HTTP/1.1 connect anew after each answer. */
  leave(): void;
  /** Asks what is long-running to end, and waits for all but upgraded connections. */
  drain(timeoutMs: number): Promise<void>;
}

interface Active {
  readonly controller: AbortController;
  /** Absent for an upgrade. */
  readonly response: ServerResponse | undefined;
  /** `timed`: it has a time limit, and a stop waits for it; `whole`: it has none, but a stop waits for it too. */
  readonly kind: 'endless' | 'timed' | 'upgrade' | 'whole';
}

/** Knobs of how requests are answered. */
export interface ServingOptions {
  readonly maxBodyBytes?: number;
  readonly requestTimeoutMs?: number;
  readonly isEndless?: (url: string) => boolean;
}

/** Runs the chain for each request, and ends those that are not long-running at their deadline. */
export function createServing(
  deps: RequestChain & { readonly clock: Clock },
  options: ServingOptions,
): Serving {
  const limits = { maxBodyBytes: options.maxBodyBytes ?? 3 * 1024 * 1024 };
  const { requestTimeoutMs = 60_000 } = options;
  const active = new Set<Active>();
  let onIdle: (() => void) | undefined;
  let isDraining = false;
  let isLeaving = false;

  const isIdle = (): boolean => [...active].every(({ kind }) => kind === 'upgrade');

  const begin = (
    kind: Active['kind'],
    response?: ServerResponse,
    timeoutMs = Infinity,
  ): { entry: Active; end: () => void } => {
    const entry = { controller: new AbortController(), kind, response };
    active.add(entry);
    const cancel =
      kind !== 'timed'
        ? () => undefined
        : deps.clock.schedule(timeoutMs, () =>
            abort(
              entry,
              new ApiError('Timeout', 'Timeout: request did not complete within the allotted timeout'),
            ),
          );
    const end = (): void => {
      cancel();
      active.delete(entry);
      if (onIdle !== undefined && isIdle()) onIdle();
    };
    if (isDraining && isEnded(kind)) entry.controller.abort();
    return { entry, end };
  };

  return {
    async answer(incoming, response) {
      response.on('error', (error) => deps.log.debug('answer failed', { error: errorText(error) }));
      let target: RequestTarget;
      let timeoutMs: number;
      try {
        target = parseTarget(incoming);
        timeoutMs = isLongRunning(target.info) ? Infinity : readTimeout(target.query, requestTimeoutMs);
      } catch (error) {
        reportFailure(deps, incoming, response, error);
        return;
      }
      const { entry, end } = begin(kindOf(target, timeoutMs, options), response, timeoutMs);
      if (isLeaving && incoming.httpVersionMajor < 2) response.shouldKeepAlive = false;
      const { signal } = entry.controller;
      response.once('close', () => {
        if (!response.writableFinished) entry.controller.abort(CLIENT_GONE);
        end();
      });
      try {
        const held = deps.begin?.({ incoming, out: response });
        if (held !== undefined) await waitUntilReleased(held, signal);
        const request = await admitRequest(deps, limits, incoming, target, signal);
        await deps.handle(request, response, signal);
      } catch (error) {
        reportFailure(deps, incoming, response, signal.reason instanceof ApiError ? signal.reason : error);
      } finally {
        if (!response.writableEnded || response.writableFinished || response.destroyed) end();
      }
    },
    async upgrade(incoming, socket, head) {
      const { entry, end } = begin('upgrade');
      const { signal } = entry.controller;
      socket.on('error', (error) =>
        deps.log.debug('upgraded connection failed', { error: errorText(error) }),
      );
      socket.once('close', () => {
        entry.controller.abort();
        end();
      });
      try {
        const held = deps.begin?.({ incoming, out: socket });
        if (held !== undefined) await waitUntilReleased(held, signal);
        const request = await admitRequest(deps, limits, incoming, parseTarget(incoming), signal);
        await deps.upgrade(request, socket, head, signal);
      } catch (error) {
        const answer = toApiError(error);
        if (answer.httpCode >= 500)
          deps.log.warn('upgrade failed', { path: incoming.url, error: errorText(error) });
        if (socket.writable) writeUpgradeError(socket, answer);
        else socket.destroy();
      }
    },
    leave() {
      isLeaving = true;
    },
    async drain(timeoutMs) {
      isLeaving = true;
      isDraining = true;
      for (const entry of active) if (isEnded(entry.kind)) abort(entry);
      if (isIdle()) return;
      await new Promise<void>((resolve) => {
        const cancel = deps.clock.schedule(timeoutMs, resolve);
        onIdle = () => {
          cancel();
          resolve();
        };
      });
    },
  };
}

/** Without a listener of its own on the signal: that would cost every request. */
function abort({ controller, response }: Active, reason?: unknown): void {
  controller.abort(reason);
  if (response?.writableEnded === true) response.destroy(); // its client does not read
}

/** Whether a stop ends it. */
function isEnded(kind: Active['kind']): boolean {
  return kind === 'endless' || kind === 'upgrade';
}

function kindOf({ url }: RequestTarget, timeoutMs: number, { isEndless }: ServingOptions): Active['kind'] {
  if (timeoutMs !== Infinity) return 'timed';
  return isEndless?.(url) === false ? 'whole' : 'endless';
}

/** Waits, however long; a request whose time ran out meanwhile is answered with that. */
async function waitUntilReleased(held: Promise<void>, signal: AbortSignal): Promise<void> {
  await held;
  if (signal.reason instanceof ApiError) throw signal.reason;
}

function reportFailure(
  deps: RequestChain,
  incoming: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void {
  const answer = toApiError(error);
  if (answer.code === 'InternalError') {
    deps.log.warn('request failed', { method: incoming.method, path: incoming.url, error: errorText(error) });
  }
  if (response.destroyed || response.writableEnded) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // What is left of a body that did not come in time is not waited for.
  if (answer.code === 'Timeout' && incoming.httpVersionMajor === 1) response.setHeader('connection', 'close');
  writeError(response, answer);
}
