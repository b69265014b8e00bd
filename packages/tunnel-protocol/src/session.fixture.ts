import { decodeFrame } from './decode-frame.ts';
import { encodeFrame } from './encode-frame.ts';
import type { TunnelProtocolError } from './errors.ts';
import type { Frame } from './frame.ts';
import { createProtocolSession } from './session.ts';
import type { ProtocolSession, SessionOptions } from './session.ts';
import type { ProtocolStream, StreamEnd } from './stream.ts';

/** A session whose peer is the test itself. */
export interface Rig {
  readonly session: ProtocolSession;
  readonly sent: Frame[];
  readonly connected: ProtocolStream[];
  readonly closes: (TunnelProtocolError | undefined)[];
  readonly clients: string[];
  /** Whether the transport takes more. */
  wants: boolean;
  receive(...frames: Frame[]): void;
  /** Takes what was sent since the last call; Data as text. */
  take(): string[];
}

export function createRig(options: Partial<SessionOptions> = {}): Rig {
  const sent: Frame[] = [];
  const connected: ProtocolStream[] = [];
  const closes: Rig['closes'] = [];
  const clients: string[] = [];
  const rig = { sent, connected, closes, clients, wants: true };
  const session = createProtocolSession(
    { role: 'acceptor', ...options },
    {
      send: (message) => {
        sent.push(decodeFrame(message).frame);
        return rig.wants;
      },
      onConnect: (stream) => connected.push(stream),
      onClientAdded: ({ clientKey }) => clients.push(`+${clientKey}`),
      onClientRemoved: ({ clientKey }) => clients.push(`-${clientKey}`),
      onClose: (error) => closes.push(error),
    },
  );
  return Object.assign(rig, {
    session,
    receive: (...frames: Frame[]) => {
      for (const frame of frames) session.receive(encodeFrame(frame));
    },
    take: () => sent.splice(0).map(formatFrame),
  });
}

function formatFrame(frame: Frame): string {
  const head = `${frame.kind} ${String(frame.conn)}`;
  if (frame.kind === 'data') return `${head} ${Buffer.from(frame.payload).toString()}`;
  if (frame.kind === 'connect') return `${head} ${frame.network}/${frame.address}`;
  return frame.kind === 'error' ? `${head} ${frame.text}` : head;
}

/** What a stream told its user. */
export interface Watched {
  readonly stream: ProtocolStream;
  readonly ends: StreamEnd[];
  drains: number;
  readables: number;
  readAll(): string;
}

export function watchStream(stream: ProtocolStream): Watched {
  const watched: Watched = {
    stream,
    ends: [],
    drains: 0,
    readables: 0,
    readAll: () => {
      const parts: Uint8Array[] = [];
      for (let part = stream.read(); part; part = stream.read()) parts.push(part);
      return Buffer.concat(parts).toString();
    },
  };
  stream.bind({
    onReadable: () => (watched.readables += 1),
    onDrain: () => (watched.drains += 1),
    onEnd: (end) => watched.ends.push(end),
  });
  return watched;
}

export const data = (conn: number, text: string | Uint8Array): Frame => ({
  kind: 'data',
  conn,
  payload: typeof text === 'string' ? new Uint8Array(Buffer.from(text)) : text,
});
