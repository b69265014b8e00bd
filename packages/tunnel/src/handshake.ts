import type { IncomingHttpHeaders } from 'node:http';

/**
 * The header by which our own peers know each other, on the upgrade request and in the 101 answer. Go peers
 * ignore it. The number is the highest version that the sender speaks.
 */
export const TUNNEL_HEADER = 'x-clusternet-tunnel';

/** The highest version of this package. */
export const TUNNEL_VERSION = 2;

/** What a version 2 session asks to upgrade to where nothing on the way insists on websockets. */
export const TUNNEL_PROTOCOL = 'clusternet-tunnel/2';

/** The largest websocket message accepted: far above what Go sends, far below what hurts. */
export const MAX_PAYLOAD_BYTES: number = 4 * 1024 * 1024;

/**
 * The version both sides speak.
 *
 * @returns `undefined` for a peer that is not ours, which gets version 1 with Go's habits in mind
 */
export function getPeerVersion(headers: IncomingHttpHeaders): 1 | 2 | undefined {
  const value = headers[TUNNEL_HEADER];
  const version = Number.parseInt(typeof value === 'string' ? value : '', 10);
  if (version >= 2) return 2;
  return version === 1 ? 1 : undefined;
}

/** Where on a parent the tunnel of a cluster is. */
export const SOCKETS_PATH = '/apis/proxies.clusternet.io/v1alpha1/sockets/';

/**
 * The URL an agent dials.
 *
 * @param parentUrl - `https://host[:port][/prefix]`
 * @param path - behind the prefix, with a leading slash; by default that of the cluster's tunnel
 * @returns with scheme `wss` (or `ws` for `http`)
 */
export function getTunnelUrl(
  parentUrl: string,
  clusterId: string,
  path: string = SOCKETS_PATH + encodeURIComponent(clusterId),
): URL {
  const url = new URL(parentUrl);
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  url.search = '';
  url.hash = '';
  return url;
}
