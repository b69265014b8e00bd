import type { TunnelLeg, TunnelSession } from '@clusternet/tunnel';

/** What can be seen of one session. */
export interface SessionSnapshot {
  readonly version: 1 | 2;
  readonly leg: TunnelLeg;
  readonly state: 'draining' | 'live' | 'silent';
  readonly openedAt: string;
  readonly lastSeenAt: string;
  readonly streams: number;
  /** Unread, and in version 2 granted to the peer besides. */
  readonly bufferedBytes: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly creditStalls: number;
  /** Absent before a ping was answered, and in version 1. */
  readonly roundTripMs?: number;
  /** Targets that the agent serves by name. */
  readonly targets: readonly string[];
}

/** What can be seen of the tunnels of one cluster. */
export interface TunnelSnapshot {
  readonly clusterId: string;
  readonly sessions: readonly SessionSnapshot[];
  /** Since this hub started, sessions that ended included. */
  readonly total: TunnelTotals;
}

export interface TunnelTotals {
  readonly sessions: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly creditStalls: number;
}

export const NO_TOTALS: TunnelTotals = { sessions: 0, receivedBytes: 0, sentBytes: 0, creditStalls: 0 };

/** Adds a session to what was counted. */
export function addTotals(totals: TunnelTotals, session: TunnelSession): TunnelTotals {
  return {
    sessions: totals.sessions + 1,
    receivedBytes: totals.receivedBytes + session.receivedBytes,
    sentBytes: totals.sentBytes + session.sentBytes,
    creditStalls: totals.creditStalls + session.creditStalls,
  };
}

/** @param toIso - turns the clock's monotonic ms into a point in time */
export function createSessionSnapshot(
  session: TunnelSession,
  openedMs: number,
  toIso: (monotonicMs: number) => string,
): SessionSnapshot {
  return {
    version: session.version,
    leg: session.leg,
    state: session.isSilent ? 'silent' : session.isDraining ? 'draining' : 'live',
    openedAt: toIso(openedMs),
    lastSeenAt: toIso(session.lastSeenMs),
    streams: session.streams,
    bufferedBytes: session.bufferedBytes,
    receivedBytes: session.receivedBytes,
    sentBytes: session.sentBytes,
    creditStalls: session.creditStalls,
    ...(session.roundTripMs === undefined ? {} : { roundTripMs: session.roundTripMs }),
    targets: session.targets,
  };
}
