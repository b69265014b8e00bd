import type { Clock, Gauge, Logger, Metrics } from '@clusternet/runtime';
import { isTunnelError } from '@clusternet/tunnel';
import type { TunnelSession } from '@clusternet/tunnel';
import { NO_TOTALS, addTotals, createSessionSnapshot } from './tunnel-snapshot.ts';
import type { TunnelSnapshot, TunnelTotals } from './tunnel-snapshot.ts';

/** Why a cluster counts as connected or not. */
export type TunnelReason = 'Connected' | 'Disconnected' | 'NeverConnected' | 'Silent';

/** What the hub knows at first hand about a cluster being alive. */
export interface TunnelEvidence {
  /** A session exists and something came on it lately. */
  readonly connected: boolean;
  /** When the last frame of any kind came, Unix ms; `undefined` when none ever did. */
  readonly lastSeenMs: number | undefined;
  readonly reason: TunnelReason;
  /** For a person: how the last session ended. */
  readonly message: string;
}

export type TunnelListener = (clusterId: string, evidence: TunnelEvidence) => void;

export interface TunnelRegistryDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface TunnelRegistryOptions {
  /** Sessions a cluster may have at once; the oldest goes first. @default 4 */
  readonly maxSessionsPerCluster?: number;
  /** Clusters remembered after their last session ended. @default 20000 */
  readonly maxRemembered?: number;
}

/** The session of a cluster that serves it best, and how well. */
export interface TunnelCandidate {
  readonly session: TunnelSession;
  /** Tells this session from others of the same cluster; never given again. */
  readonly number: number;
  /** When it opened, in the clock's monotonic ms. */
  readonly openedMs: number;
  /** `draining`: it works, but one of its ends wants it gone. `silent`: it may not work at all. */
  readonly state: 'draining' | 'live' | 'silent';
}

/** The live tunnels of this hub, by cluster. */
export interface TunnelRegistry {
  /** Takes a session in until it ends. */
  add(clusterId: string, session: TunnelSession): void;
  /** The newest session that speaks and takes streams; else one that speaks; else the newest; `undefined` without any. */
  pick(clusterId: string): TunnelSession | undefined;
  /** What `pick` takes, and what is to be said of it. */
  candidate(clusterId: string): TunnelCandidate | undefined;
  get(clusterId: string): TunnelEvidence;
  /** Clusters that have a session. */
  clusterIds(): string[];
  /** Everything that can be seen, of one cluster or of all that have a session. */
  snapshot(clusterId?: string): TunnelSnapshot[];
  /** Told of every change of a cluster's evidence. Returns how to stop listening. */
  onChange(listener: TunnelListener): () => void;
  /** Told when a session of a cluster comes, goes, falls silent, speaks, drains or says what it serves. Returns how to stop listening. */
  onSession(listener: (clusterId: string) => void): () => void;
  /** Asks every agent to open its next session elsewhere, also those that come from now on. What is open works on. */
  drain(): void;
  readonly isDraining: boolean;
  /** Closes the sessions of a cluster at once. @returns whether it had any */
  disconnect(clusterId: string): boolean;
  /** Closes every session, waiting up to `drainMs` for their streams. */
  close(drainMs: number): Promise<void>;
}

interface Entry {
  /** Newest last. */
  sessions: readonly TunnelSession[];
  /** Of the sessions that ended. */
  ended: TunnelTotals;
  lastSeenMs: number | undefined;
  message: string;
  reported: TunnelReason;
}

/**
 * Creates the registry. A cluster whose newest session falls silent changes its reason at once: that is at most
 * 10 s after its last frame, with the session's default times.
 */
export function createTunnelRegistry(
  deps: TunnelRegistryDeps,
  options: TunnelRegistryOptions = {},
): TunnelRegistry {
  return new Registry(deps, options);
}

class Registry implements TunnelRegistry {
  readonly #deps: TunnelRegistryDeps;
  readonly #maxSessions: number;
  readonly #maxRemembered: number;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<TunnelListener>();
  readonly #sessionListeners = new Set<(clusterId: string) => void>();
  readonly #opened = new Map<TunnelSession, { readonly number: number; readonly openedMs: number }>();
  readonly #connected: Gauge;
  readonly #sessions: Gauge;
  #lastNumber = 0;
  #isDraining = false;

  constructor(deps: TunnelRegistryDeps, options: TunnelRegistryOptions) {
    this.#deps = deps;
    this.#maxSessions = options.maxSessionsPerCluster ?? 4;
    this.#maxRemembered = options.maxRemembered ?? 20_000;
    this.#connected = deps.metrics.gauge({
      name: 'clusternet_tunnel_clusters_count',
      help: 'Clusters by the state of their tunnel to this hub',
      labelNames: ['state'],
    });
    this.#sessions = deps.metrics.gauge({
      name: 'clusternet_tunnel_sessions_count',
      help: 'Tunnel sessions of this hub',
    });
  }

  add(clusterId: string, session: TunnelSession): void {
    const entry = this.#entries.get(clusterId) ?? createEntry();
    this.#entries.delete(clusterId);
    this.#entries.set(clusterId, entry); // most recently used last
    entry.sessions = [...entry.sessions, session];
    this.#lastNumber += 1;
    this.#opened.set(session, {
      number: this.#lastNumber,
      openedMs: this.#deps.clock.monotonicMs(),
    });
    this.#sessions.add(1);
    this.#deps.log.info('tunnel opened', { cluster: clusterId, version: session.version, leg: session.leg });
    const tell = (): void => this.#tell(clusterId);
    const forget = [
      session.onSilence(() => {
        this.#report(clusterId, entry);
        tell();
      }),
      session.onHello(tell),
      session.onDraining(tell),
    ];
    session
      .closed()
      .then(
        () => this.#remove(clusterId, entry, session, 'the hub closed the tunnel'),
        (error: unknown) => this.#remove(clusterId, entry, session, describeEnd(error)),
      )
      .finally(() => {
        for (const stop of forget) stop();
      });
    this.#dropOldest(clusterId, entry);
    this.#report(clusterId, entry);
    this.#forgetOldest();
    if (this.#isDraining) session.drain();
    tell();
  }

  #dropOldest(clusterId: string, entry: Entry): void {
    const surplus = entry.sessions.length - this.#maxSessions;
    for (const old of entry.sessions.slice(0, Math.max(0, surplus))) {
      this.#deps.log.warn('too many tunnels of one cluster', { cluster: clusterId });
      void old.close();
    }
  }

  #remove(clusterId: string, entry: Entry, session: TunnelSession, message: string): void {
    entry.lastSeenMs = Math.max(entry.lastSeenMs ?? 0, this.#seenAt(session));
    entry.sessions = entry.sessions.filter((other) => other !== session);
    entry.message = message;
    entry.ended = addTotals(entry.ended, session);
    this.#opened.delete(session);
    this.#sessions.add(-1);
    this.#deps.log.info('tunnel closed', { cluster: clusterId, reason: message });
    this.#report(clusterId, entry);
    this.#tell(clusterId);
  }

  #tell(clusterId: string): void {
    for (const listener of [...this.#sessionListeners]) listener(clusterId);
  }

  #forgetOldest(): void {
    if (this.#entries.size <= this.#maxRemembered) return;
    for (const [clusterId, entry] of this.#entries) {
      if (entry.sessions.length > 0) continue;
      this.#entries.delete(clusterId);
      this.#connected.add(-1, { state: entry.reported });
      if (this.#entries.size <= this.#maxRemembered) return;
    }
  }

  #report(clusterId: string, entry: Entry): void {
    const evidence = this.#evidenceOf(entry);
    if (evidence.reason === entry.reported) return;
    if (entry.reported !== 'NeverConnected') this.#connected.add(-1, { state: entry.reported });
    this.#connected.add(1, { state: evidence.reason });
    entry.reported = evidence.reason;
    this.#deps.log.info('tunnel state changed', { cluster: clusterId, reason: evidence.reason });
    for (const listener of [...this.#listeners]) listener(clusterId, evidence);
  }

  #evidenceOf(entry: Entry): TunnelEvidence {
    const live = entry.sessions.filter((session) => !session.isClosed);
    const connected = live.some((session) => !session.isSilent);
    const seen = [...live.map((session) => this.#seenAt(session)), entry.lastSeenMs ?? 0];
    return {
      connected,
      lastSeenMs: Math.max(...seen),
      reason: connected ? 'Connected' : live.length > 0 ? 'Silent' : 'Disconnected',
      message: connected ? '' : live.length > 0 ? 'nothing came through the tunnel lately' : entry.message,
    };
  }

  #seenAt(session: TunnelSession): number {
    return Math.round(this.#deps.clock.nowMs() - (this.#deps.clock.monotonicMs() - session.lastSeenMs));
  }

  pick(clusterId: string): TunnelSession | undefined {
    const live = (this.#entries.get(clusterId)?.sessions ?? []).filter((session) => !session.isClosed);
    return (
      live.findLast((session) => !session.isSilent && !session.isDraining) ??
      live.findLast((session) => !session.isSilent) ??
      live.at(-1)
    );
  }

  candidate(clusterId: string): TunnelCandidate | undefined {
    const session = this.pick(clusterId);
    const opened = session && this.#opened.get(session);
    if (session === undefined || opened === undefined) return undefined;
    return {
      session,
      ...opened,
      state: session.isSilent ? 'silent' : session.isDraining ? 'draining' : 'live',
    };
  }

  get(clusterId: string): TunnelEvidence {
    const entry = this.#entries.get(clusterId);
    if (entry !== undefined) return this.#evidenceOf(entry);
    const message = 'its agent has not connected to this hub';
    return { connected: false, lastSeenMs: undefined, reason: 'NeverConnected', message };
  }

  snapshot(clusterId?: string): TunnelSnapshot[] {
    const { clock } = this.#deps;
    const offsetMs = clock.nowMs() - clock.monotonicMs();
    const toIso = (monotonicMs: number): string => new Date(Math.round(offsetMs + monotonicMs)).toISOString();
    const ids = clusterId === undefined ? this.clusterIds() : [clusterId];
    return ids.flatMap((id) => {
      const entry = this.#entries.get(id);
      if (entry === undefined) return [];
      const sessions = entry.sessions.map((session) =>
        createSessionSnapshot(session, this.#opened.get(session)?.openedMs ?? 0, toIso),
      );
      return [{ clusterId: id, sessions, total: entry.sessions.reduce(addTotals, entry.ended) }];
    });
  }

  clusterIds(): string[] {
    return [...this.#entries].filter(([, { sessions }]) => sessions.length > 0).map(([id]) => id);
  }

  onChange(listener: TunnelListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  onSession(listener: (clusterId: string) => void): () => void {
    this.#sessionListeners.add(listener);
    return () => {
      this.#sessionListeners.delete(listener);
    };
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (const [clusterId, { sessions }] of this.#entries) {
      for (const session of sessions) session.drain();
      if (sessions.length > 0) this.#tell(clusterId);
    }
  }

  disconnect(clusterId: string): boolean {
    const open = (this.#entries.get(clusterId)?.sessions ?? []).filter((session) => !session.isClosed);
    for (const session of open) void session.close();
    return open.length > 0;
  }

  async close(drainMs: number): Promise<void> {
    const sessions = [...this.#entries.values()].flatMap((entry) => entry.sessions);
    await Promise.all(sessions.map((session) => session.close(drainMs)));
  }
}

function createEntry(): Entry {
  return { sessions: [], ended: NO_TOTALS, lastSeenMs: undefined, message: '', reported: 'NeverConnected' };
}

function describeEnd(error: unknown): string {
  return isTunnelError(error) ? error.message : 'the tunnel broke';
}
