import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock, Logger } from '@clusternet/runtime';
import { errorText, isDeadlineError, withTimeout } from '@clusternet/runtime';
import type { ResetCode } from '@clusternet/tunnel-protocol';
import type { DialPolicy, DialTarget } from './dial-policy.ts';
import { isTunnelError } from './errors.ts';
import type { TunnelByteStream } from './tunnel-session.ts';

/** Connects to a target. The stream it returns is closed by whoever asked for it. */
export type Dial = (target: DialTarget, signal: AbortSignal) => Promise<Duplex>;

export interface ServeStreamsDeps {
  readonly policy: DialPolicy;
  readonly dial: Dial;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each stream that led nowhere, and why. */
  readonly onRefused?: (code: ResetCode) => void;
}

const DIAL_TIMEOUT_MS = 60_000;
/** How long a target may take to swallow the last bytes of a stream that is over. */
const LINGER_MS = 30_000;

/** Dials TCP. */
export const dialTcp: Dial = (target, signal) =>
  new Promise((resolve, reject) => {
    const socket = connect({
      host: target.host,
      port: target.port,
      noDelay: true,
      allowHalfOpen: true,
      signal,
    });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });

/** Serves the streams that a hub opens: dials where the policy allows, then relays bytes both ways. */
export function createStreamServer(
  deps: ServeStreamsDeps,
  signal: AbortSignal,
): (stream: TunnelByteStream) => void {
  return (stream) => {
    void serveStream(deps, stream, signal);
  };
}

async function serveStream(
  deps: ServeStreamsDeps,
  stream: TunnelByteStream,
  signal: AbortSignal,
): Promise<void> {
  const { network, address } = stream;
  const over = new AbortController();
  const onAbort = (): void => over.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  stream.once('close', () => over.abort());
  stream.on('error', () => {}); // told by `close`
  try {
    const target = deps.policy(network, address);
    const socket = await withTimeout(DIAL_TIMEOUT_MS, over.signal, `dial ${address}`, (dialSignal) =>
      deps.dial(target, dialSignal),
    );
    if (stream.destroyed) socket.destroy();
    else {
      stream.acknowledge();
      relayStreams(stream, socket, deps.clock);
    }
  } catch (error) {
    if (stream.destroyed) return;
    const isForbidden = isTunnelError(error, 'NOT_ALLOWED');
    const reason = isForbidden ? 'not allowed by the dial policy' : errorText(error);
    deps.log.warn('stream not served', { network, address, error });
    // Begins like the message of Go's dialler: hubs of both kinds recognise it.
    const code = isForbidden ? 'NOT_ALLOWED' : isDeadlineError(error) ? 'TIMED_OUT' : 'DIAL_FAILED';
    deps.onRefused?.(code);
    stream.refuse(code, `dial ${network} ${address}: ${reason}`);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Copies both ways until either side ends; the stream is told why when the target breaks, behind what that had said. */
export function relayStreams(stream: TunnelByteStream, target: Duplex, clock: Clock): void {
  stream.pipe(target);
  target.pipe(stream);
  target.on('error', (error) => {
    // Broken after its end: something was written to it that it did not want any more.
    if (target.readableEnded || stream.writableEnded) return;
    stream.write(Buffer.alloc(0), () => stream.refuse('BROKEN', error.message));
  });
  target.once('close', () => {
    if (!stream.writableEnded && target.errored === null) stream.end();
  });
  stream.once('close', () => {
    if (stream.errored !== null || target.writableFinished) {
      target.destroy();
      return;
    }
    target.resume(); // nobody is left to read it
    target.end();
    const cancel = clock.schedule(LINGER_MS, () => target.destroy());
    target.once('finish', () => target.destroy());
    target.once('close', cancel);
  });
}
