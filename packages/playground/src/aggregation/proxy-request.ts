import { request as httpsRequest } from 'node:https';
import type { Agent } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createServiceUnavailable, parseHeaders } from '@clusternet/apiserver';
import type { ApiHandler, ApiRequest, UpgradeHandler } from '@clusternet/apiserver';
import { errorText } from '@clusternet/runtime';

/** Another API server, and how to reach it. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
  readonly agent: Agent;
  /** Path and query. @default those of the request */
  readonly path?: string;
  /** Whether the server is told who the user is. @default true */
  readonly tellsUser?: boolean;
}

const HOP_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Headers for the server behind: who the user is if it is to know, in place of how that was proved. */
export function createProxyHeaders(request: ApiRequest, tellsUser = true): [string, string][] {
  const headers: [string, string][] = [];
  for (const [name, values] of request.headers) {
    if (HOP_HEADERS.has(name) || name === 'host' || name === 'authorization' || name.startsWith('x-remote-'))
      continue;
    for (const value of values) headers.push([name, value]);
  }
  if (!tellsUser) return headers;
  const { user } = request;
  headers.push(['X-Remote-User', user.name]);
  if (user.uid !== undefined && user.uid !== '') headers.push(['X-Remote-Uid', user.uid]);
  for (const group of user.groups) headers.push(['X-Remote-Group', group]);
  for (const [key, values] of user.extra) {
    for (const value of values) headers.push([`X-Remote-Extra-${encodeURIComponent(key)}`, value]);
  }
  const known = request.headers.get('x-forwarded-for')?.join(', ');
  const own = headers.filter(([name]) => name !== 'x-forwarded-for');
  own.push([
    'X-Forwarded-For',
    known === undefined ? request.remoteAddress : `${known}, ${request.remoteAddress}`,
  ]);
  return own;
}

function group(headers: readonly [string, string][]): Record<string, string | string[]> {
  const grouped = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const values = grouped.get(name);
    if (values === undefined) grouped.set(name, [value]);
    else values.push(value);
  }
  return Object.fromEntries(
    [...grouped].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  );
}

/** Passes requests on. @param getTarget - throws when the server behind is not known */
export function createProxyHandler(getTarget: () => Promise<ProxyTarget>): ApiHandler {
  return async (request, response, signal) => {
    const target = await getTarget();
    await new Promise<void>((resolve, reject) => {
      const outgoing = httpsRequest({
        host: target.host,
        port: target.port,
        agent: target.agent,
        method: request.method,
        path: target.path ?? request.url,
        headers: {
          ...group(createProxyHeaders(request, target.tellsUser)),
          Host: `${target.host}:${target.port}`,
        },
        signal,
      });
      outgoing.on('error', (error) => {
        if (signal.aborted) resolve();
        else reject(createServiceUnavailable(`error trying to reach service: ${errorText(error)}`));
      });
      outgoing.on('response', (incoming) => {
        response.writeHead(incoming.statusCode ?? 502, pickResponseHeaders(incoming));
        response.flushHeaders();
        incoming.pipe(response);
        incoming.on('error', () => response.destroy());
        response.on('close', () => {
          incoming.destroy();
          resolve();
        });
      });
      request.body.pipe(outgoing);
    });
  };
}

function pickResponseHeaders(incoming: IncomingMessage): Record<string, string[]> {
  const picked: Record<string, string[]> = {};
  for (const [name, values] of parseHeaders(incoming.rawHeaders))
    if (!HOP_HEADERS.has(name)) picked[name] = [...values];
  return picked;
}

/** Passes upgrades on: the 101 with its headers, then bytes both ways. */
export function createProxyUpgrade(getTarget: (request: ApiRequest) => Promise<ProxyTarget>): UpgradeHandler {
  return async (request, socket, head) => {
    const target = await getTarget(request);
    const protocol = request.headers.get('upgrade')?.[0] ?? '';
    await new Promise<void>((resolve, reject) => {
      const outgoing = httpsRequest({
        host: target.host,
        port: target.port,
        agent: target.agent,
        method: request.method,
        path: target.path ?? request.url,
        headers: {
          ...group(createProxyHeaders(request, target.tellsUser)),
          Host: `${target.host}:${target.port}`,
          Connection: 'Upgrade',
          Upgrade: protocol,
        },
      });
      socket.once('close', () => outgoing.destroy());
      outgoing.on('error', (error) =>
        reject(createServiceUnavailable(`error trying to reach service: ${errorText(error)}`)),
      );
      outgoing.on('upgrade', (incoming, backend, backendHead) => {
        socket.write(formatHead(incoming, true));
        if (backendHead.length > 0) socket.write(backendHead);
        if (head.length > 0) backend.write(head);
        join(socket, backend);
        resolve();
      });
      outgoing.on('response', (incoming) => {
        socket.write(formatHead(incoming, false));
        incoming.pipe(socket);
        resolve();
      });
      outgoing.end();
    });
  };
}

function formatHead(incoming: IncomingMessage, isUpgrade: boolean): string {
  const lines = [`HTTP/1.1 ${incoming.statusCode ?? 502} ${incoming.statusMessage ?? ''}`];
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    const name = incoming.rawHeaders[index] ?? '';
    if (!isUpgrade && HOP_HEADERS.has(name.toLowerCase())) continue;
    lines.push(`${name}: ${incoming.rawHeaders[index + 1] ?? ''}`);
  }
  if (!isUpgrade) lines.push('Connection: close');
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function join(a: Duplex, b: Duplex): void {
  a.pipe(b);
  b.pipe(a);
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
}
