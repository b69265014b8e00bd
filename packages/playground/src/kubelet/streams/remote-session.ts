import { PassThrough, Writable } from 'node:stream';
import type { Duplex, Readable } from 'node:stream';
import { createBadRequest, getHeader } from '@clusternet/apiserver';
import type { ApiRequest } from '@clusternet/apiserver';
import type { JsonObject } from '@clusternet/kube-data';
import { noop } from './noop.ts';
import { startSpdySession } from './spdy-session.ts';
import { createTerminalSizes } from './terminal-sizes.ts';
import type { TerminalSizes } from './terminal-sizes.ts';
import { acceptWebSocket, isWebSocketRequest, pickWebSocketProtocol } from './web-socket.ts';

/** Which streams a client asked for. */
export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The streams between a client and a container, over whichever protocol the client speaks. */
export interface RemoteSession {
  /** Ends when the client says so; empty when it was not asked for. */
  readonly stdin: Readable;
  /** What nobody asked for goes nowhere. */
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Of the client's terminal. */
  readonly sizes: Pick<TerminalSizes, 'listen'>;
  /** Aborts when the client is gone. */
  readonly closed: AbortSignal;
  /** Sends the outcome, a Status, after all output, and ends the session. */
  finish(status: JsonObject): Promise<void>;
}

export interface UpgradedRequest {
  readonly request: ApiRequest;
  readonly socket: Duplex;
  readonly head: Buffer;
}

const WEB_SOCKET_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const SPDY_PROTOCOL = 'v4.channel.k8s.io';
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Accepts an upgrade to exec or attach. @throws {ApiError} `BadRequest` for protocols nobody speaks */
export function acceptRemoteSession(
  upgraded: UpgradedRequest,
  wanted: WantedStreams,
): Promise<RemoteSession> {
  const { request } = upgraded;
  if (isWebSocketRequest(request.headers)) return Promise.resolve(acceptWebSocketSession(upgraded, wanted));
  return acceptSpdySession(upgraded, wanted);
}

function acceptWebSocketSession(
  { request, socket, head }: UpgradedRequest,
  wanted: WantedStreams,
): RemoteSession {
  const protocol = pickWebSocketProtocol(request.headers, WEB_SOCKET_PROTOCOLS);
  if (protocol === undefined)
    throw createBadRequest(`no websocket protocol of ${WEB_SOCKET_PROTOCOLS.join(', ')}`);
  const closed = new AbortController();
  const stdin = new PassThrough();
  const sizes = createTerminalSizes();
  if (!wanted.stdin) stdin.end();
  stdin.on('drain', () => peer.resume());
  const peer = acceptWebSocket({ headers: request.headers, protocol, socket, head }, (message) => {
    const [channel] = message;
    if (channel === CHANNEL.close && message[1] === CHANNEL.stdin) stdin.end();
    else if (channel === CHANNEL.resize) sizes.push(message.toString('utf8', 1));
    else if (channel === CHANNEL.stdin && stdin.writable && !stdin.write(message.subarray(1))) peer.pause();
  });
  socket.once('close', () => {
    closed.abort();
    stdin.end();
  });
  const output = (channel: number, isWanted: boolean): Writable =>
    createOutput(isWanted, (chunk, done) => peer.send(Buffer.concat([Buffer.from([channel]), chunk]), done));
  const stdout = output(CHANNEL.stdout, wanted.stdout);
  const stderr = output(CHANNEL.stderr, wanted.stderr && !wanted.tty);
  return {
    stdin,
    stdout,
    stderr,
    sizes,
    closed: closed.signal,
    async finish(status) {
      await Promise.all([endStream(stdout), endStream(stderr)]);
      peer.send(Buffer.concat([Buffer.from([CHANNEL.error]), Buffer.from(JSON.stringify(status))]));
      peer.close();
    },
  };
}

/** Answers that an upgrade to SPDY is on. */
export function acceptSpdyUpgrade({ request, socket, head }: UpgradedRequest, protocol: string): Duplex {
  const offered = (request.headers.get('x-stream-protocol-version') ?? []).flatMap((line) =>
    line.split(',').map((item) => item.trim()),
  );
  if ((getHeader(request.headers, 'upgrade') ?? '').toLowerCase() !== 'spdy/3.1')
    throw createBadRequest('only websockets and SPDY/3.1 are spoken here');
  if (!offered.includes(protocol)) throw createBadRequest(`stream protocol ${protocol} was not offered`);
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: SPDY/3.1',
      'Connection: Upgrade',
      `X-Stream-Protocol-Version: ${protocol}`,
      '',
      '',
    ].join('\r\n'),
  );
  if (head.length > 0) socket.unshift(head);
  return socket;
}

async function acceptSpdySession(upgraded: UpgradedRequest, wanted: WantedStreams): Promise<RemoteSession> {
  const transport = acceptSpdyUpgrade(upgraded, SPDY_PROTOCOL);
  const closed = new AbortController();
  const opened = new Map<string, Duplex>();
  const sizes = createTerminalSizes();
  const needed = [
    'error',
    ...(wanted.stdin ? ['stdin'] : []),
    ...(wanted.stdout ? ['stdout'] : []),
    ...(wanted.stderr && !wanted.tty ? ['stderr'] : []),
  ];
  const session = await new Promise<{ readonly end: () => void }>((resolve) => {
    const started = startSpdySession(transport, ({ headers, duplex }) => {
      const name = headers.get('streamtype') ?? '';
      opened.set(name, duplex);
      if (name === 'resize') duplex.on('data', (chunk: Buffer) => sizes.push(chunk.toString('utf8')));
      else if (!needed.includes(name)) duplex.resume();
      if (needed.every((item) => opened.has(item))) resolve(started);
    });
    transport.once('close', () => {
      closed.abort();
      resolve(started);
    });
  });
  const output = (name: string): Writable =>
    opened.get(name) ?? createOutput(false, (_chunk, done) => done());
  const error = opened.get('error');
  return {
    stdin: opened.get('stdin') ?? new PassThrough().end(),
    stdout: output('stdout'),
    stderr: output('stderr'),
    sizes,
    closed: closed.signal,
    async finish(status) {
      const outputs = ['stdout', 'stderr'].flatMap((name) => opened.get(name) ?? []);
      await Promise.all([
        ...outputs.map((stream) => endStream(stream)),
        ...(error === undefined ? [] : [endStream(error, JSON.stringify(status))]),
      ]);
      session.end();
    },
  };
}

/** Ends a stream; settles when all of it is sent, or the client is gone. */
function endStream(stream: Writable, text = ''): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', resolve);
    stream.end(text, () => resolve());
  });
}

function createOutput(
  isWanted: boolean,
  send: (chunk: Buffer, done: (error?: Error | null) => void) => void,
): Writable {
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => (isWanted ? send(chunk, done) : done()),
  });
  output.on('error', noop); // the client is gone, which `closed` tells
  return output;
}
