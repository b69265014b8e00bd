import { request } from 'node:http';
import { PlaygroundError } from '../errors.ts';
import type { PlaygroundErrorCode } from '../errors.ts';
import { PROTOCOL } from './run-file.ts';
import type { RunFile } from './run-file.ts';
import { createNonce, isSignedBy, NONCE_HEADER, SIGNATURE_HEADER, signMessage } from './sign-message.ts';

/** What a playground can be asked. */
export interface ControlCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  /** @default 60000, which a cluster may take to start */
  readonly timeoutMs?: number;
}

/** An answer is a name and little else; a kubeconfig is about 6 KB for each cluster. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Asks a running playground.
 * @throws {PlaygroundError} `NOT_RUNNING` when nobody listens, or somebody who does not know the secret, `UNRESPONSIVE` after the time limit,
 *   or what the playground says
 */
export async function callControl(run: RunFile, call: ControlCall): Promise<unknown> {
  if (run.protocol !== PROTOCOL)
    throw new PlaygroundError(
      'UNRESPONSIVE',
      `the playground (process ${run.pid}) was started by another version of this program; use that one, or end it`,
    );
  const { code, text } = await send(run, call);
  const value = JSON.parse(text) as unknown;
  if (code === 200) return value;
  const { error } = value as { error: { code: PlaygroundErrorCode; message: string } };
  throw new PlaygroundError(error.code, error.message);
}

function createGone({ pid }: RunFile): PlaygroundError {
  return new PlaygroundError('NOT_RUNNING', `the playground (process ${pid}) is gone`);
}

function send(run: RunFile, call: ControlCall): Promise<{ code: number; text: string }> {
  const { method, path, timeoutMs = 60_000 } = call;
  const body = call.body === undefined ? '' : JSON.stringify(call.body);
  const nonce = createNonce();
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: run.port,
      method,
      path,
      agent: false,
      headers: {
        'content-type': 'application/json',
        [NONCE_HEADER]: nonce,
        [SIGNATURE_HEADER]: signMessage(run.secret, ['ask', nonce, method, path, body]),
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    outgoing.on('error', (error) => {
      if (error.name !== 'AbortError' && error.name !== 'TimeoutError') reject(createGone(run));
      else {
        const message = `the playground (process ${run.pid}) has not answered for ${timeoutMs / 1000} s`;
        reject(new PlaygroundError('UNRESPONSIVE', message, { cause: error }));
      }
    });
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length;
        if (sizeBytes > MAX_ANSWER_BYTES) outgoing.destroy();
        else chunks.push(chunk);
      });
      incoming.on('error', () => reject(createGone(run)));
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const code = incoming.statusCode ?? 0;
        const parts = ['answer', nonce, String(code), text];
        if (isSignedBy(run.secret, parts, incoming.headers[SIGNATURE_HEADER])) resolve({ code, text });
        else reject(createGone(run));
      });
    });
    outgoing.end(body);
  });
}
