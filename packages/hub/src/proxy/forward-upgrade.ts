import { STATUS_CODES, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '@clusternet/apiserver';
import type { Clock } from '@clusternet/runtime';
import { DeadlineError } from '@clusternet/runtime';
import { joinSockets } from './join-sockets.ts';
import { toWireHeaders } from './plan-headers.ts';

export interface UpgradeExchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** The caller's connection, and what it has sent beyond its request. */
  readonly client: Duplex;
  readonly head: Buffer;
  /** A fresh connection to the target. */
  readonly target: Duplex;
}

const ANSWER_TIMEOUT_MS = 30_000;
const REFUSAL_TIMEOUT_MS = 10_000;

/**
 * Passes an upgrade on: after a 101, bytes go both ways untouched until either side ends. A refusal (400 and
 * above) is passed on as it is; any other answer is an error.
 *
 * @returns the status of the answer, once it is all over
 * @throws {ApiError} `InternalError` for an answer that is neither, before anything was written to the client
 */
export async function forwardUpgrade(
  clock: Clock,
  exchange: UpgradeExchange,
  signal: AbortSignal,
): Promise<number> {
  const { client, target } = exchange;
  const abort = (): void => {
    target.destroy();
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  client.once('close', abort);
  const cancel = clock.schedule(ANSWER_TIMEOUT_MS, () => {
    target.destroy(new DeadlineError(ANSWER_TIMEOUT_MS, 'the upgrade'));
  });
  try {
    const answer = await sendUpgrade(exchange);
    cancel();
    if (answer.response.statusCode === 101) await join(clock, exchange, answer);
    else await passRefusal(clock, client, answer.response);
    return answer.response.statusCode ?? 0;
  } finally {
    cancel();
    signal.removeEventListener('abort', abort);
    target.destroy();
  }
}

interface Answer {
  readonly response: IncomingMessage;
  /** What the target has sent beyond its answer. */
  readonly head: Buffer;
}

function sendUpgrade({ method, path, headers, target }: UpgradeExchange): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      method,
      path,
      headers: toWireHeaders(headers),
      setHost: false,
      createConnection: () => target,
    });
    request.once('upgrade', (response, _socket, head) => resolve({ response, head }));
    request.once('response', (response) => {
      const status = response.statusCode ?? 0;
      if (status >= 400) {
        resolve({ response, head: Buffer.alloc(0) });
        return;
      }
      response.resume();
      reject(new ApiError('InternalError', `invalid upgrade response: status code ${status}`));
    });
    request.once('error', reject);
    request.end();
  });
}

async function join(clock: Clock, { client, head, target }: UpgradeExchange, answer: Answer): Promise<void> {
  client.write(formatHead(answer.response, answer.response.rawHeaders));
  if (answer.head.length > 0) client.write(answer.head);
  if (head.length > 0) target.write(head);
  await joinSockets(clock, client, target);
}

/** Copies a refusal, for no longer than ten seconds, and closes. */
async function passRefusal(clock: Clock, client: Duplex, response: IncomingMessage): Promise<void> {
  const cancel = clock.schedule(REFUSAL_TIMEOUT_MS, () => response.destroy());
  const kept: string[] = [];
  for (let index = 0; index + 1 < response.rawHeaders.length; index += 2) {
    const name = response.rawHeaders[index] ?? '';
    if (/^(?:connection|keep-alive|transfer-encoding|content-length)$/i.test(name)) continue;
    kept.push(name, response.rawHeaders[index + 1] ?? '');
  }
  client.write(formatHead(response, [...kept, 'Connection', 'close']));
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (!client.write(chunk))
        await new Promise((resolve) => client.once('drain', resolve).once('close', resolve));
    }
  } finally {
    cancel();
    client.end(() => client.destroy());
  }
}

function formatHead(response: IncomingMessage, rawHeaders: readonly string[]): string {
  const status = response.statusCode ?? 500;
  const lines = [`HTTP/1.1 ${status} ${response.statusMessage ?? STATUS_CODES[status] ?? ''}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    lines.push(`${rawHeaders[index] ?? ''}: ${rawHeaders[index + 1] ?? ''}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
