import { isTunnelError } from '@clusternet/tunnel';
import type { TunnelErrorCode } from '@clusternet/tunnel';
import type { ResetCode, StreamReset, V2Stream } from '@clusternet/tunnel-protocol';

/** More than this waiting in one leg, and the other one waits too. */
const HIGH_BYTES = 128 * 1024;

/** A request on its way from one hub to another's agent. */
export interface RelayedRequest {
  /** Ends the answer where it is, in order, and the request at the agent: the asker begins anew. */
  finish(): void;
}

/**
 * Passes a request on from one session to the other, and its answer back: heads, bytes and trailers as they come, nothing
 * parsed or copied, no more than either leg takes. What ends on one leg ends on the other.
 *
 * @param asked - of the hub that asks; nothing is answered yet
 * @param opened - at the agent; with it the request has gone out
 */
export function relayRequest(asked: V2Stream, opened: V2Stream, onOver: () => void): RelayedRequest {
  let isOver = false;
  const over = (): void => {
    if (isOver) return;
    isOver = true;
    onOver();
  };
  opened.bind({
    onHead: (head) => {
      if (head !== undefined && !asked.isClosed) asked.respond(head, opened.isReadEnded);
    },
    onReadable: () => pump(opened, asked),
    onDrain: () => pump(asked, opened),
    onClose: (reset) => {
      // After an orderly end there may be bytes left that the asker has not taken yet.
      if (reset !== undefined && reset.by !== 'local') passReset(reset, asked);
    },
  });
  asked.bind({
    onReadable: () => pump(asked, opened),
    onDrain: () => pump(opened, asked),
    onClose: (reset) => {
      if (reset !== undefined && reset.by !== 'local') opened.reset('CANCELLED');
      over();
    },
  });
  pump(asked, opened);
  return {
    finish: () => {
      opened.reset('CANCELLED');
      asked.end();
    },
  };
}

function pump(from: V2Stream, to: V2Stream): void {
  while (!to.isClosed && to.pendingBytes < HIGH_BYTES) {
    const bytes = from.read();
    if (bytes === undefined) break;
    to.write(bytes);
  }
  if (from.isReadEnded) to.end(from.trailers);
}

function passReset({ code, text }: StreamReset, to: V2Stream): void {
  // The session to the agent is gone; that to the asker is not.
  if (code === 'SESSION_LOST') to.reset('BROKEN', 'the tunnel of the agent went down');
  else to.reset(code, text);
}

const CODES: Readonly<Partial<Record<TunnelErrorCode, ResetCode>>> = {
  CLOSED: 'REFUSED',
  DIAL_FAILED: 'DIAL_FAILED',
  INVALID_ADDRESS: 'MALFORMED',
  NOT_ALLOWED: 'NOT_ALLOWED',
  OVERLOADED: 'OVERLOADED',
  TIMEOUT: 'TIMED_OUT',
  UNAVAILABLE: 'REFUSED',
  UNTRUSTED_CERTIFICATE: 'UNTRUSTED',
};

/** An error of the leg to the agent, as it is told to the asker: without the name of a hop that the asker adds itself. */
export function toReset(error: unknown): { readonly code: ResetCode; readonly text: string } {
  if (!isTunnelError(error)) return { code: 'BROKEN', text: 'the connection to the agent broke' };
  const prefix = `${error.hop}: `;
  const { message } = error;
  const text = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  return { code: CODES[error.code] ?? 'BROKEN', text };
}
