import type { Lease } from '@clusternet/controller-kit';
import { PEER_LEASE_PREFIX, parsePeerRecord } from './peer-record.ts';
import type { PeerRecord } from './peer-record.ts';

/** A peer, and whether its Lease is being renewed. */
export interface Peer extends PeerRecord {
  /** One of ours: it verifies and is verified. Otherwise a Go hub. */
  readonly isOwn: boolean;
  /** A peer that does not renew is not dialled any more; a link that it keeps up stays. */
  readonly isFresh: boolean;
}

export interface DirectoryPlan {
  /** In the order of their ids. */
  readonly peers: readonly Peer[];
  /** A Go hub is there that needs a token of ours to dial us, and to take our dials. */
  readonly hasGoPeers: boolean;
  /** Leases that nobody renews: to be read again, and deleted if they still are what they were. */
  readonly dead: readonly Lease[];
}

export interface DirectoryView {
  readonly ownId: string;
  /** Our wall clock, Unix ms. */
  readonly nowMs: number;
  /**
   * Since when a Lease has been what it is, on our own clock, in ms before now. Clocks of machines differ: a Lease that
   * changed under our eyes is alive, whatever its times say.
   */
  readonly unchangedMs: (lease: Lease) => number;
}

/** For Leases that do not say how long they last, s. */
const DEFAULT_LEASE_SECONDS = 15;

/**
 * Decides who the peers are, and which Leases nobody needs any more.
 *
 * @param leases - any order, of any name; those that are no peers' count for nothing
 * @see docs/spec/peers.md, "The directory"
 */
export function planDirectory(leases: readonly Lease[], view: DirectoryView): DirectoryPlan {
  const peers: Peer[] = [];
  const dead: Lease[] = [];
  for (const lease of leases) {
    const name = lease.metadata.name ?? '';
    if (!name.startsWith(PEER_LEASE_PREFIX) || name === PEER_LEASE_PREFIX + view.ownId) continue;
    const isStale = view.unchangedMs(lease) >= durationMs(lease);
    if (isStale && isPast(lease, view.nowMs)) dead.push(lease);
    const record = parsePeerRecord(lease);
    if (record === undefined) continue;
    peers.push({ ...record, isOwn: record.versions.includes(2), isFresh: !isStale });
  }
  peers.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return { peers, hasGoPeers: peers.some(({ isOwn, isFresh }) => !isOwn && isFresh), dead };
}

/** Go's rule: a Lease without times, or whose time is over. */
function isPast(lease: Lease, nowMs: number): boolean {
  const renewedMs = Date.parse(lease.spec?.renewTime ?? '');
  const { leaseDurationSeconds } = lease.spec ?? {};
  if (Number.isNaN(renewedMs) || leaseDurationSeconds === undefined) return true;
  return renewedMs + leaseDurationSeconds * 1000 < nowMs;
}

function durationMs(lease: Lease): number {
  return (lease.spec?.leaseDurationSeconds ?? DEFAULT_LEASE_SECONDS) * 1000;
}
