import { Duplex } from 'node:stream';
import { createBadRequest } from '@clusternet/apiserver';
import type { KubeObject } from '@clusternet/kube-data';
import { acceptSpdyUpgrade } from '../streams/remote-session.ts';
import type { UpgradedRequest } from '../streams/remote-session.ts';
import { noop } from '../streams/noop.ts';
import { startSpdySession } from '../streams/spdy-session.ts';
import type { SpdyStream } from '../streams/spdy-session.ts';
import {
  acceptWebSocket,
  acceptWebSocketTunnel,
  isWebSocketRequest,
  pickWebSocketProtocol,
} from '../streams/web-socket.ts';
import { isPortOpen } from './pod-http.ts';
import type { PodHttp } from './pod-http.ts';

const SPDY_PROTOCOL = 'portforward.k8s.io';
const TUNNEL_PROTOCOL = `SPDY/3.1+${SPDY_PROTOCOL}`;
const CHANNEL_PROTOCOL = 'v4.channel.k8s.io';

/** Forwards connections to the ports of a pod, over SPDY, SPDY inside a websocket, or channels of a websocket. */
export function acceptPortForward(http: PodHttp, pod: KubeObject, upgraded: UpgradedRequest): void {
  const { request, socket, head } = upgraded;
  if (!isWebSocketRequest(request.headers)) {
    forwardSpdy(http, pod, acceptSpdyUpgrade(upgraded, SPDY_PROTOCOL));
    return;
  }
  const protocol = pickWebSocketProtocol(request.headers, [TUNNEL_PROTOCOL, CHANNEL_PROTOCOL]);
  if (protocol === undefined)
    throw createBadRequest(`no websocket protocol of ${TUNNEL_PROTOCOL}, ${CHANNEL_PROTOCOL}`);
  const offer = { headers: request.headers, protocol, socket, head };
  if (protocol === TUNNEL_PROTOCOL) forwardSpdy(http, pod, acceptWebSocketTunnel(offer));
  else forwardChannels(http, pod, upgraded, protocol);
}

/** A data stream and an error stream make a connection; they carry the same request id. */
function forwardSpdy(http: PodHttp, pod: KubeObject, transport: Duplex): void {
  const errors = new Map<string, Duplex>();
  startSpdySession(transport, ({ headers, duplex }: SpdyStream) => {
    const request = headers.get('requestid') ?? headers.get('port') ?? '';
    if (headers.get('streamtype') === 'error') {
      errors.set(request, duplex);
      duplex.resume();
      return;
    }
    const port = Number(headers.get('port'));
    const error = errors.get(request);
    errors.delete(request);
    connect(http, pod, port, duplex, (text) => error?.end(text));
    duplex.once('close', () => error?.end());
  });
}

function connect(
  http: PodHttp,
  pod: KubeObject,
  port: number,
  stream: Duplex,
  fail: (text: string) => void,
): void {
  if (isPortOpen(pod, port)) {
    http.connect(pod, port, stream);
    return;
  }
  const { name = '', uid = '' } = pod.metadata;
  fail(
    `error forwarding port ${port} to pod ${name}, uid ${uid}: connect to 127.0.0.1:${port}: connection refused`,
  );
  stream.end();
  stream.resume();
}

/** Two channels for each port in the query: one for data, one for errors; both begin with the port. */
function forwardChannels(http: PodHttp, pod: KubeObject, upgraded: UpgradedRequest, protocol: string): void {
  const { request, socket, head } = upgraded;
  const ports = request.query.getAll('port').flatMap((text) => text.split(',').map(Number));
  if (ports.length === 0 || !ports.every((port) => Number.isInteger(port) && port > 0 && port < 65_536))
    throw createBadRequest('query parameter "port" is required');
  const streams: Duplex[] = [];
  const peer = acceptWebSocket({ headers: request.headers, protocol, socket, head }, (message) => {
    const [channel = 0] = message;
    const stream = channel % 2 === 0 ? streams[channel / 2] : undefined;
    if (stream?.push(message.subarray(1)) === false) peer.pause();
  });
  const send = (channel: number, body: Buffer, done?: (error?: Error | null) => void): void =>
    peer.send(Buffer.concat([Buffer.from([channel]), body]), done);
  for (const [index, port] of ports.entries()) {
    const bytes = Buffer.from([port & 255, port >> 8]);
    send(index * 2, bytes);
    send(index * 2 + 1, bytes);
    const stream = new Duplex({
      read: () => peer.resume(),
      write: (chunk: Buffer, _encoding, done) => send(index * 2, chunk, done),
      final: (done) => {
        if (ports.length === 1) peer.close();
        done();
      },
    });
    stream.on('error', noop); // the client is gone
    streams.push(stream);
    connect(http, pod, port, stream, (text) => send(index * 2 + 1, Buffer.from(text)));
  }
  socket.once('close', () => {
    for (const stream of streams) stream.destroy();
  });
}
