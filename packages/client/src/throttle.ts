import { createTokenBucket } from '@clusternet/runtime';
import type { Clock, Random, TokenBucket } from '@clusternet/runtime';
import { parseRetryAfter } from './retry-after.ts';
import type { Transport, TransportResponse } from './transport.ts';

/** How much a program asks of one server; what `--kube-api-qps` and `--kube-api-burst` say. */
export interface RateLimit {
  /** Requests a second. */
  readonly qps: number;
  /** Requests at once before that counts. */
  readonly burst: number;
}

/** What waiting takes. */
export interface ThrottleDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/** Times a request is sent in all when the server is busy. */
const MAX_TRIES = 5;
/** A server that asks for a longer wait than this is not waited for here, ms: the caller should know. */
const MAX_WAIT_MS = 10_000;
/** Dials of watches a second, and at once: one gate for a whole process, so that a server that comes back is not run over. */
const STREAM_LIMIT: RateLimit = { qps: 50, burst: 200 };
/** Lease renewals never queue behind other work, or a busy leader would lose its lease. */
const UNLIMITED_PATH = /^\/apis\/coordination\.k8s\.io\//;

/**
 * Keeps to a rate, and sends again what a busy server has put off: 429 with `Retry-After` means that nothing was
 * done, whatever the verb. The last answer is given on as it is.
 *
 * @param limit - for unary requests; absent means no limit. Watches have a limit of their own, always.
 */
export function throttleTransport(
  transport: Transport,
  { clock, random }: ThrottleDeps,
  limit: RateLimit | undefined,
): Transport {
  const unary = createBucket(clock, limit);
  const streams = createBucket(clock, limit ?? STREAM_LIMIT);
  return {
    hop: transport.hop,
    request: async (request, signal) => {
      for (let tries = 1; ; tries += 1) {
        if (!UNLIMITED_PATH.test(request.path)) {
          await waitForTurn(clock, request.stream === true ? streams : unary, signal);
        }
        const response = await transport.request(request, signal);
        const waitMs = retryWaitMs(response, tries);
        if (waitMs === undefined) return response;
        await discard(response);
        if (!(await clock.sleep(waitMs * (1 + 0.2 * random.next()), signal))) throw abortReason(signal);
      }
    },
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}

function createBucket(clock: Clock, limit: RateLimit | undefined): TokenBucket | undefined {
  if (limit === undefined || !(limit.qps > 0)) return undefined;
  return createTokenBucket(clock, { perSecond: limit.qps, burst: Math.max(1, limit.burst) });
}

async function waitForTurn(
  clock: Clock,
  bucket: TokenBucket | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const waitMs = bucket?.take() ?? 0;
  if (waitMs === 0 || (await clock.sleep(waitMs, signal))) return;
  bucket?.giveBack();
  throw abortReason(signal);
}

/** How long to wait before sending again; undefined when the answer is to be given on. */
function retryWaitMs({ status, headers }: TransportResponse, tries: number): number | undefined {
  if (status !== 429 || tries >= MAX_TRIES) return undefined;
  const askedMs = parseRetryAfter(headers);
  if (askedMs === undefined || askedMs > MAX_WAIT_MS) return undefined;
  return Math.max(askedMs, 50 * 2 ** tries);
}

/** Reads what is left, so that the connection can be used again. */
async function discard(response: TransportResponse): Promise<void> {
  await response.text().catch(() => undefined);
}

function abortReason(signal: AbortSignal | undefined): unknown {
  return signal?.reason ?? new DOMException('This operation was aborted', 'AbortError');
}
