import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import type { ClientRequest, OutgoingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import type { ConnectionConfig } from '@clusternet/client';

/** One request as it is to be sent. */
export interface UpstreamRequest {
  readonly method: string;
  /** Path and query below the server's base path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, readonly string[] | string>>;
}

/** The API server behind a door, with the credential of a connection. */
export interface Upstream {
  /** Begins a request; its body is the caller's to write. @throws when there is no credential to be had */
  request(what: UpstreamRequest): Promise<ClientRequest>;
  close(): void;
}

/** @param connection - its certificate is verified as it says, or by the system's store */
export function createUpstream(connection: ConnectionConfig): Upstream {
  const server = new URL(connection.server);
  const isTls = server.protocol === 'https:';
  const base = server.pathname.replace(/\/+$/, '');
  const tls = {
    ...(connection.caPem === undefined ? {} : { ca: connection.caPem }),
    ...(connection.certPem === undefined ? {} : { cert: connection.certPem }),
    ...(connection.keyPem === undefined ? {} : { key: connection.keyPem }),
    ...(connection.serverName === undefined ? {} : { servername: connection.serverName }),
    rejectUnauthorized: connection.insecureSkipVerify !== true,
  };
  const agent = isTls ? new Agent({ keepAlive: true, ...tls }) : new HttpAgent({ keepAlive: true });
  return {
    async request({ method, url, headers }) {
      const own = (await connection.getHeaders?.()) ?? {};
      const sent = (isTls ? request : requestHttp)({
        host: server.hostname.replace(/^\[|\]$/g, ''),
        port: server.port === '' ? (isTls ? 443 : 80) : server.port,
        method,
        path: base + url,
        headers: { ...headers, ...own } as OutgoingHttpHeaders,
        agent,
      });
      sent.once('response', ({ statusCode }) => {
        if (statusCode === 401) connection.onUnauthorized?.();
      });
      return sent;
    },
    close: () => agent.destroy(),
  };
}
