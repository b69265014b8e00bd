import { concatBytes } from '../concat-bytes.ts';
import type { ChannelSocket } from '../streams/channel-socket.ts';

export interface FakeSocket extends ChannelSocket {
  readonly sent: readonly Uint8Array[];
  readonly isClosed: () => boolean;
}

/** A socket whose peer says what is given, and then closes. */
export function createFakeSocket(
  messages: readonly (readonly [channel: number, text: string])[],
  protocol = 'v4.channel.k8s.io',
): FakeSocket {
  const sent: Uint8Array[] = [];
  let isClosed = false;
  async function* read(): AsyncGenerator<Uint8Array> {
    for (const [channel, text] of messages) {
      await Promise.resolve();
      yield concatBytes([Uint8Array.of(channel), new TextEncoder().encode(text)]);
    }
  }
  return {
    protocol,
    sent,
    isClosed: () => isClosed,
    messages: { [Symbol.asyncIterator]: read },
    send: (message) => {
      sent.push(message);
      return Promise.resolve();
    },
    close: () => {
      isClosed = true;
    },
  };
}
