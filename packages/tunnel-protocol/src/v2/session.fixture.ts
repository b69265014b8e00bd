import { createV2Session } from './session.ts';
import type { V2Session, V2SessionOptions } from './v2-session.ts';
import type { Hello, ResponseHead } from './head.ts';
import type { StreamReset, V2Stream } from './stream.ts';

const HELLO: Hello = { targets: ['apiserver'], software: 'test', isEndToEnd: false };

/** One side of a pair. */
export interface Side {
  readonly session: V2Session;
  readonly served: Watched[];
  readonly closes: (string | undefined)[];
  readonly pongs: number[];
  readonly goAways: string[];
  outputs: number;
}

/** What a stream told its user. */
export interface Watched {
  readonly stream: V2Stream;
  readonly heads: (ResponseHead | undefined)[];
  readonly resets: (StreamReset | undefined)[];
  drains: number;
  readAll(): string;
}

export function watch(stream: V2Stream): Watched {
  const watched: Watched = {
    stream,
    heads: [],
    resets: [],
    drains: 0,
    readAll: () => {
      const parts: Uint8Array[] = [];
      for (let part = stream.read(); part; part = stream.read()) parts.push(part);
      return Buffer.concat(parts).toString('latin1');
    },
  };
  stream.bind({
    onHead: (head) => watched.heads.push(head),
    onReadable: () => {},
    onDrain: () => (watched.drains += 1),
    onClose: (reset) => watched.resets.push(reset),
  });
  return watched;
}

/** Two sessions; what one says reaches the other when the test moves it. */
export function createPair(
  options: { readonly hub?: Partial<V2SessionOptions>; readonly agent?: Partial<V2SessionOptions> } = {},
): {
  readonly hub: Side;
  readonly agent: Side;
  /** Moves up to `maxBytes` each way, cut into pieces of `cutBytes`. @returns how many bytes moved */
  move(maxBytes?: number, cutBytes?: number): number;
  /** Moves until nothing moves any more. */
  settle(): void;
} {
  const make = (role: 'acceptor' | 'dialler', more: Partial<V2SessionOptions> = {}): Side => {
    const side: Omit<Side, 'session'> = { served: [], closes: [], pongs: [], goAways: [], outputs: 0 };
    const session = createV2Session(
      { role, hello: HELLO, ...more },
      {
        onOutput: () => (side.outputs += 1),
        ...(role === 'dialler' ? { onOpen: (stream: V2Stream) => void side.served.push(watch(stream)) } : {}),
        onPong: (stamp) => side.pongs.push(stamp),
        onGoAway: (reason) => side.goAways.push(reason),
        onClose: (error) => side.closes.push(error?.code),
      },
    );
    return Object.assign(side, { session });
  };
  const hub = make('acceptor', options.hub);
  const agent = make('dialler', options.agent);
  const carry = (from: Side, to: Side, maxBytes: number, cutBytes: number): number => {
    const bytes = Buffer.concat(from.session.pull(maxBytes));
    for (let at = 0; at < bytes.length; at += cutBytes) {
      to.session.receive(new Uint8Array(bytes.subarray(at, at + cutBytes)));
    }
    return bytes.length;
  };
  const move = (maxBytes = 1 << 20, cutBytes = 1 << 20): number =>
    carry(hub, agent, maxBytes, cutBytes) + carry(agent, hub, maxBytes, cutBytes);
  return {
    hub,
    agent,
    move,
    settle: () => {
      for (let rounds = 0; move() > 0; rounds += 1) {
        if (rounds > 10_000) throw new Error('the sessions do not settle');
      }
    },
  };
}

export const GET = {
  kind: 'request',
  target: 'apiserver',
  method: 'GET',
  path: '/api?x=%20',
  fields: ['accept', '*/*', 'x-text', 'é', 'x-empty', ''],
} as const;
export const CONNECT = { kind: 'connect', network: 'tcp', address: '10.96.0.1:443' } as const;
export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
