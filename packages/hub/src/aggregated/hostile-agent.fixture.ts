import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TUNNEL_PROTOCOL } from '@clusternet/tunnel';
import { onTestFinished } from 'vitest';
import { CLUSTER_ID, SOCKETS } from './loopback.fixture.ts';
import type { Hub } from './loopback.fixture.ts';

/** Types of frames, as docs/spec/tunnel-v2.md numbers them. */
export const TYPE = {
  data: 0,
  request: 1,
  response: 2,
  trailers: 3,
  connect: 4,
  reset: 6,
  credit: 7,
  ping: 8,
  goAway: 9,
  hello: 10,
} as const;

const HEADER_BYTES = 9;

/** A frame of version 2, right or wrong. */
export function frameOf(type: number, flags: number, stream: number, payload: Buffer | string = ''): Buffer {
  const bytes = Buffer.from(payload as string, 'latin1');
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUIntBE(bytes.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, bytes]);
}

/** The payload of a RESPONSE. */
export function answerOf(status: number, fields: readonly string[]): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(status);
  return Buffer.concat([head, Buffer.from(fields.join('\0'), 'latin1')]);
}

export interface HostileAgent {
  readonly socket: Socket;
  /** Streams that the hub has opened. */
  readonly opened: number[];
  /** Frames that came, by type. */
  readonly counts: Map<number, number>;
  send(...frames: Buffer[]): void;
}

/** An agent that is let in and says whatever a test wants; it serves `apiserver` as far as the hub knows. */
export async function startHostileAgent(
  hub: Hub,
  onRequest: (agent: HostileAgent, stream: number) => void,
): Promise<HostileAgent> {
  const request = httpsRequest(`${hub.url}${SOCKETS}/${CLUSTER_ID}`, {
    ca: hub.caPem,
    agent: false,
    headers: {
      connection: 'Upgrade',
      upgrade: TUNNEL_PROTOCOL,
      'x-clusternet-tunnel': '2',
      authorization: 'Bearer agent',
    },
  });
  request.end();
  const [, socket, head] = (await once(request, 'upgrade')) as [IncomingMessage, Socket, Buffer];
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  const agent: HostileAgent = {
    socket,
    opened: [],
    counts: new Map(),
    send: (...frames) => void socket.write(Buffer.concat(frames)),
  };
  let waiting = head;
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + waiting.readUIntBE(0, 3);
      if (waiting.length < end) return;
      const type = waiting.readUInt8(3);
      agent.counts.set(type, (agent.counts.get(type) ?? 0) + 1);
      if (type === TYPE.request) {
        const stream = waiting.readUInt32BE(5);
        agent.opened.push(stream);
        onRequest(agent, stream);
      }
      waiting = waiting.subarray(end);
    }
  });
  agent.send(frameOf(TYPE.hello, 0, 0, '{"targets":["apiserver"],"software":"hostile","isEndToEnd":false}'));
  while (hub.registry.pick(CLUSTER_ID)?.targets.length !== 1)
    await new Promise((resolve) => setImmediate(resolve));
  return agent;
}
