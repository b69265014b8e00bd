import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Peer } from './plan-directory.ts';

/** The path of links between hubs. */
export const PEER_PATH = '/connect';
/** Go's headers, and the one by which our hubs know each other. */
export const PEER_ID_HEADER = 'x-api-tunnel-id';
export const PEER_TOKEN_HEADER = 'x-api-tunnel-token';
export const PEER_ROLE_HEADER = 'x-clusternet-peer';

/**
 * Who dials. `hub` serves what reaches its agents; `client` has none and only asks; `go` is a hub of the Go
 * implementation.
 */
export interface Admission {
  readonly id: string;
  readonly kind: 'client' | 'go' | 'hub';
}

const ID = /^[a-z0-9]{1,32}$/;

/**
 * Decides whether a hub that dials is let in. One of ours shows the token of the Secret, whether its Lease has been seen
 * or not; a Go hub shows the id and token of its Lease.
 *
 * @param token - of the Secret
 * @param peers - the directory
 * @returns undefined for everybody else
 */
export function planAdmission(
  headers: IncomingHttpHeaders,
  token: string,
  peers: readonly Peer[],
): Admission | undefined {
  const id = headers[PEER_ID_HEADER];
  const shown = headers[PEER_TOKEN_HEADER];
  const role = headers[PEER_ROLE_HEADER];
  if (typeof id !== 'string' || !ID.test(id) || typeof shown !== 'string' || shown === '') return undefined;
  if (role === undefined) {
    const peer = peers.find((known) => known.id === id && !known.isOwn);
    return peer !== undefined && peer.token !== '' && isSame(shown, peer.token)
      ? { id, kind: 'go' }
      : undefined;
  }
  if (role !== 'hub' && role !== 'client') return undefined;
  return isSame(shown, token) ? { id, kind: role } : undefined;
}

/** Takes as long whatever they have in common. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * The token of one of our hubs towards Go hubs, which must be in its Lease for all to read. From it nobody learns that of
 * the Secret.
 */
export function goTokenOf(id: string, token: string): string {
  return createHash('sha256').update(`go peer ${id} ${token}`).digest('hex');
}

/** The name in the certificate of a hub: who has it is that hub. */
export function peerServerName(id: string): string {
  return `${id}.hub-peers.clusternet.io`;
}
