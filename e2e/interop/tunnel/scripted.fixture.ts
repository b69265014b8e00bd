import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createProtocolSession, decodeFrame, encodeFrame, encodeSvarint } from '@clusternet/tunnel-protocol';
import type { Frame, ProtocolSession, SessionHooks, SessionOptions } from '@clusternet/tunnel-protocol';
import { onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

/** A websocket with a test at the other end, which writes down what came. */
export interface Script {
  readonly websocket: WebSocket;
  readonly frames: Frame[];
  readonly pings: string[];
  readonly pongs: string[];
  send(...frames: Frame[]): void;
}

function script(websocket: WebSocket): Script {
  const frames: Frame[] = [];
  const pings: string[] = [];
  const pongs: string[] = [];
  websocket.on('error', () => {});
  websocket.on('message', (data) => frames.push(decodeFrame(data as Buffer).frame));
  websocket.on('ping', (data) => pings.push(data.toString()));
  websocket.on('pong', (data) => pongs.push(data.toString()));
  onTestFinished(() => websocket.terminate());
  return {
    websocket,
    frames,
    pings,
    pongs,
    send: (...sent) => {
      for (const frame of sent) websocket.send(encodeFrame(frame));
    },
  };
}

/** Dials a hub. @throws when it answers anything but 101; the message has the status */
export async function dialScript(url: string, headers: Record<string, string> = {}): Promise<Script> {
  const websocket = new WebSocket(url.replace(/^http/, 'ws'), { headers, perMessageDeflate: false });
  const dialled = script(websocket);
  await once(websocket, 'open');
  return dialled;
}

/** Takes one peer that dials. */
export async function acceptScript(): Promise<{
  url: string;
  accepted: Promise<Script>;
  headers: () => unknown;
}> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  let headers: unknown;
  const accepted = new Promise<Script>((resolve) => {
    server.on('connection', (websocket, request) => {
      headers = request.headers;
      resolve(script(websocket));
    });
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accepted,
    headers: () => headers,
  };
}

/** A message of any type, as a later version might send it. */
export function encodeUnknown(type: number, conn: number, payload = ''): Uint8Array {
  return Buffer.concat([
    encodeSvarint(0),
    encodeSvarint(conn),
    encodeSvarint(type),
    Buffer.from(payload, 'latin1'),
  ]);
}

/** Runs a session of ours over a script's websocket: what it sends goes out, what comes in it gets. */
export function runSession(
  { websocket }: Script,
  options: SessionOptions,
  hooks: Partial<SessionHooks>,
): ProtocolSession {
  const session = createProtocolSession(options, {
    send: (message) => {
      if (websocket.readyState === websocket.OPEN) websocket.send(message);
      return true;
    },
    onClose: () => websocket.terminate(),
    ...hooks,
  });
  websocket.on('message', (data, isBinary) => session.receive(data as Buffer, isBinary));
  websocket.on('close', () => session.close());
  return session;
}
