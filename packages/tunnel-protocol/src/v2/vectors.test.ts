import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  encodeConnected,
  encodeCredit,
  encodeDataHeader,
  encodeGoAway,
  encodeHello,
  encodeOpen,
  encodePing,
  encodeReset,
  encodeResponse,
  encodeTrailers,
} from './encode.ts';
import { FLAG_ACK, FLAG_END, FRAME_TYPE } from './frame.ts';
import type { ResetCode, ServiceClass } from './frame.ts';
import { FrameParser } from './frame-parser.ts';
import {
  parseConnect,
  parseFields,
  parseHello,
  parseRequest,
  parseReset,
  parseResponse,
  parseServiceClass,
  parseUint32,
} from './parse-payload.ts';

type Vector = Readonly<Record<string, unknown>> & { readonly name: string; readonly hex: string };

// Checked by eye against docs/spec/tunnel-v2.md when they were made; for other implementations too.
const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/v2.json', import.meta.url), 'utf8'),
) as readonly Vector[];

const kinds = new Map<number, string>(Object.entries(FRAME_TYPE).map(([kind, type]) => [type, kind]));

function read(type: number, flags: number, stream: number, payload: Uint8Array): object {
  const head = { frame: kinds.get(type), ...(stream === 0 ? {} : { stream }) };
  const end = (flags & FLAG_END) !== 0;
  const text = Buffer.from(payload).toString();
  switch (type) {
    case FRAME_TYPE.request: {
      const { head: request, creditBytes: credit } = parseRequest(payload);
      const { kind: _kind, ...rest } = request;
      return { ...head, ...rest, class: parseServiceClass(flags), end, credit };
    }
    case FRAME_TYPE.connect: {
      const { head: connect, creditBytes: credit } = parseConnect(payload);
      const { kind: _kind, ...rest } = connect;
      return { ...head, ...rest, class: parseServiceClass(flags), end, credit };
    }
    case FRAME_TYPE.response:
      return { ...head, end, ...parseResponse(payload) };
    case FRAME_TYPE.trailers:
      return { ...head, fields: parseFields(payload) };
    case FRAME_TYPE.reset:
      return { ...head, ...parseReset(payload) };
    case FRAME_TYPE.credit:
      return { ...head, credit: parseUint32(payload) };
    case FRAME_TYPE.ping:
      return { ...head, ack: (flags & FLAG_ACK) !== 0, stamp: parseUint32(payload) };
    case FRAME_TYPE.hello:
      return { ...head, hello: parseHello(payload) };
    case FRAME_TYPE.goAway:
      return { ...head, text };
    default:
      return head;
  }
}

/** What a vector says, as a frame. The casts name what the file has for each kind. */
function write(vector: Vector): Uint8Array {
  const stream = (vector['stream'] ?? 0) as number;
  const fields = (vector['fields'] ?? []) as string[];
  const isEnd = vector['end'] === true;
  const open = {
    serviceClass: vector['class'] as ServiceClass,
    isEnd,
    creditBytes: vector['credit'] as number,
  };
  switch (vector['frame']) {
    case 'hello':
      return encodeHello(vector['hello'] as Parameters<typeof encodeHello>[0]);
    case 'request': {
      const { target, method, path } = vector as unknown as { target: string; method: string; path: string };
      return encodeOpen(stream, { kind: 'request', target, method, path, fields }, open);
    }
    case 'connect': {
      const { network, address } = vector as unknown as { network: string; address: string };
      return encodeOpen(stream, { kind: 'connect', network, address }, open);
    }
    case 'connected':
      return encodeConnected(stream);
    case 'response':
      return encodeResponse(stream, { status: vector['status'] as number, fields }, isEnd);
    case 'trailers':
      return encodeTrailers(stream, fields);
    case 'reset':
      return encodeReset(stream, vector['code'] as ResetCode, vector['text'] as string);
    case 'credit':
      return encodeCredit(stream, vector['credit'] as number);
    case 'ping':
      return encodePing(vector['stamp'] as number, vector['ack'] === true);
    case 'goAway':
      return encodeGoAway(vector['text'] as string);
    default: {
      const data = Buffer.from(vector['data'] as string);
      return Buffer.concat([encodeDataHeader(stream, data.length, isEnd), data]);
    }
  }
}

describe('the vectors of version 2', () => {
  it.each(vectors)('$name', ({ name: _name, hex, ...want }) => {
    expect(Buffer.from(write({ name: '', hex, ...want })).toString('hex')).toBe(hex);
    const bytes = Buffer.from(hex, 'hex');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const found: object[] = [];
      let data = '';
      const parser = new FrameParser({
        onFrame: (...frame) => found.push(read(...frame)),
        onData: (stream, piece, end) => {
          data += Buffer.from(piece).toString();
          found[0] = { frame: 'data', stream, end, data };
        },
      });
      parser.push(new Uint8Array(bytes.subarray(0, cut)));
      parser.push(new Uint8Array(bytes.subarray(cut)));
      expect(found).toEqual([want]);
    }
  });
});
