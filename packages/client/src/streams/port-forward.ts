import { concatBytes } from '../concat-bytes.ts';
import { ApiError } from '../errors.ts';
import type { ChannelSocket } from './channel-socket.ts';

export const PORT_FORWARD_PROTOCOLS: readonly string[] = ['v4.channel.k8s.io'];

const CHANNEL = { data: 0, error: 1 } as const;
const PIECE_BYTES = 32 * 1024;

/** One connection to a port of a pod. Disposing it closes it. */
export interface PortStream extends AsyncDisposable {
  /** What the port sends, for one reader. @throws {ApiError} when nothing listens there */
  readonly output: AsyncIterable<Uint8Array>;
  /** Settles once it is on its way. */
  write(data: Uint8Array | string): Promise<void>;
}

/** Speaks the protocol of port-forward, for one port, over a socket. */
export function startPortForward(socket: ChannelSocket, what: string, hop: string): PortStream {
  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    const begun = new Set<number>();
    try {
      for await (const message of socket.messages) {
        const [channel = -1] = message;
        // Either channel begins with the port, two bytes.
        const data = message.subarray(begun.has(channel) ? 1 : 3);
        begun.add(channel);
        if (data.length === 0) continue;
        if (channel === CHANNEL.data) yield data;
        if (channel === CHANNEL.error)
          throw new ApiError('UNREACHABLE', `${what}: ${hop}: ${new TextDecoder().decode(data)}`, { hop });
      }
    } finally {
      socket.close();
    }
  }
  return {
    output: { [Symbol.asyncIterator]: read },
    write: async (data) => {
      const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
      for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
        const piece = bytes.subarray(from, from + PIECE_BYTES);
        await socket.send(concatBytes([Uint8Array.of(CHANNEL.data), piece]));
      }
    },
    [Symbol.asyncDispose]: () => {
      socket.close();
      return Promise.resolve();
    },
  };
}
