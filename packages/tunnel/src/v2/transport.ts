import type { Socket } from 'node:net';
import { nextTick } from 'node:process';
import type { WebSocket } from 'ws';
import { answerPings } from '../answer-pings.ts';
import type { TunnelLeg } from '../tunnel-session.ts';

export interface TransportHooks {
  readonly onBytes: (chunk: Uint8Array) => void;
  readonly onDrain: () => void;
  /** Called once, when nothing more will come. */
  readonly onClose: (error: Error | undefined) => void;
}

/** What carries the bytes of a version 2 session. */
export interface V2Transport {
  readonly leg: TunnelLeg;
  /** Written and not taken by the kernel. */
  readonly waitingBytes: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Begins to read. Once. */
  start(hooks: TransportHooks): void;
  write(pieces: readonly Uint8Array[]): void;
  /** Sends what waits, then closes. */
  end(): void;
  destroy(): void;
}

/** Pieces below this are joined: a write of its own costs more than a copy. */
const JOIN_BYTES = 4096;

/** Joins neighbours that are small; large pieces stay as they are. */
export function joinSmall(pieces: readonly Uint8Array[]): Uint8Array[] {
  const joined: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  const flush = (): void => {
    if (small.length > 0) joined.push(small.length === 1 ? small[0]! : Buffer.concat(small)); // eslint-disable-line @typescript-eslint/no-non-null-assertion -- it has one
    small = [];
  };
  for (const piece of pieces) {
    if (piece.length < JOIN_BYTES) small.push(piece);
    else {
      flush();
      joined.push(piece);
    }
  }
  flush();
  return joined;
}

/** The connection itself, once it is upgraded. @param head - what came behind the handshake */
export function createSocketTransport(socket: Socket, head: Buffer): V2Transport {
  return {
    leg: 'upgrade',
    get waitingBytes() {
      return socket.writableLength;
    },
    get receivedBytes() {
      return socket.bytesRead;
    },
    get sentBytes() {
      return socket.bytesWritten;
    },
    start: ({ onBytes, onDrain, onClose }) => {
      let error: Error | undefined;
      socket.on('data', onBytes);
      socket.on('drain', onDrain);
      socket.on('error', (cause) => (error = cause));
      socket.once('end', () => socket.destroy()); // a session is over as a whole
      socket.once('close', () => onClose(error));
      if (socket.destroyed) nextTick(() => onClose(error));
      else if (head.length > 0) onBytes(head);
    },
    write: (pieces) => {
      const joined = joinSmall(pieces);
      if (joined.length === 1) {
        socket.write(joined[0]!); // eslint-disable-line @typescript-eslint/no-non-null-assertion -- it has one
        return;
      }
      socket.cork();
      for (const piece of joined) socket.write(piece);
      socket.uncork();
    },
    end: () => socket.end(),
    destroy: () => socket.destroy(),
  };
}

const GOING_AWAY = 1001;

/** A websocket whose binary messages are pieces of the byte stream. It was paused by whoever opened it. */
export function createWebSocketTransport(websocket: WebSocket, socket: Socket): V2Transport {
  return {
    leg: 'websocket',
    get waitingBytes() {
      return websocket.bufferedAmount;
    },
    get receivedBytes() {
      return socket.bytesRead;
    },
    get sentBytes() {
      return socket.bytesWritten;
    },
    start: ({ onBytes, onDrain, onClose }) => {
      let error: Error | undefined;
      websocket.on('message', (data, isBinary) => {
        if (isBinary) onBytes(data as Buffer); // `nodebuffer` is the binary type, so never an array
      });
      answerPings(websocket);
      websocket.on('error', (cause) => (error = cause));
      websocket.once('close', () => onClose(error));
      socket.on('drain', onDrain);
      if (websocket.readyState === websocket.OPEN) websocket.resume();
      else nextTick(() => onClose(error));
    },
    write: (pieces) => {
      if (websocket.readyState !== websocket.OPEN) return;
      websocket.send(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces), { binary: true }); // eslint-disable-line @typescript-eslint/no-non-null-assertion -- it has one
    },
    end: () => websocket.close(GOING_AWAY),
    destroy: () => websocket.terminate(),
  };
}
