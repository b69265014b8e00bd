import type { Clock, Counter, Metrics } from '@clusternet/runtime';
import type { TunnelSession } from '@clusternet/tunnel';
import type { TunnelCandidate, TunnelEvidence } from '../tunnels/tunnel-registry.ts';
import { RemoteTunnel } from './remote-tunnel.ts';
import type { TunnelNews } from './tunnel-news.ts';

/** A link to a hub that holds tunnels. */
export interface ProviderLink {
  readonly peerId: string;
  readonly session: TunnelSession;
}

/** The tunnels that other hubs hold, as far as they have said. */
export interface RemoteTunnels {
  /** The peer told something on this link. */
  apply(link: ProviderLink, news: TunnelNews): void;
  /** The link is gone, and with it all that came through it. */
  drop(link: ProviderLink): void;
  /** Live before draining before silent; of these the newest. */
  candidate(clusterId: string): TunnelCandidate | undefined;
  /** @returns undefined when no peer ever had a tunnel of this cluster */
  get(clusterId: string): TunnelEvidence | undefined;
  /** How many links have told all that was there: with none, nothing is known. */
  readonly syncedLinks: number;
  readonly clusters: number;
  /** Told of every change of a cluster. Returns how to stop listening. */
  onChange(listener: (clusterId: string) => void): () => void;
}

interface Held extends TunnelCandidate {
  readonly session: RemoteTunnel;
  /** The peer's number of it. */
  readonly peerNumber: number;
}

interface Entry {
  readonly held: Map<ProviderLink, Held>;
  /** Of the last one that went. */
  lastSeenMs: number;
  message: string;
}

const RANK: Readonly<Record<TunnelCandidate['state'], number>> = { live: 0, draining: 1, silent: 2 };

/** Of two sessions, the one that serves better: by state, then the newer one. */
export function preferCandidate(
  a: TunnelCandidate | undefined,
  b: TunnelCandidate | undefined,
): TunnelCandidate | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const byState = RANK[a.state] - RANK[b.state];
  if (byState !== 0) return byState < 0 ? a : b;
  return b.openedMs > a.openedMs ? b : a;
}

export interface RemoteTunnelsOptions {
  /** Clusters that one peer may name; what goes beyond is not taken in. @default 20000 */
  readonly maxClusters?: number;
}

export function createRemoteTunnels(
  deps: { readonly clock: Clock; readonly metrics: Metrics },
  options: RemoteTunnelsOptions = {},
): RemoteTunnels {
  return new Tunnels(deps.clock, deps.metrics, options.maxClusters ?? 20_000);
}

class Tunnels implements RemoteTunnels {
  readonly #clock: Clock;
  readonly #maxClusters: number;
  readonly #entries = new Map<string, Entry>();
  readonly #byLink = new Map<ProviderLink, Set<string>>();
  readonly #synced = new Set<ProviderLink>();
  readonly #listeners = new Set<(clusterId: string) => void>();
  readonly #forwarded: Counter;
  #lastNumber = 0;

  constructor(clock: Clock, metrics: Metrics, maxClusters: number) {
    this.#clock = clock;
    this.#maxClusters = maxClusters;
    this.#forwarded = metrics.counter({
      name: 'clusternet_peer_forwarded_total',
      help: 'Requests and streams that went to an agent through another hub, by the side that counts them',
      labelNames: ['side', 'kind'],
    });
  }

  get syncedLinks(): number {
    return this.#synced.size;
  }

  get clusters(): number {
    return [...this.#entries.values()].filter(({ held }) => held.size > 0).length;
  }

  apply(link: ProviderLink, news: TunnelNews): void {
    if (news.state === 'synced') this.#synced.add(link);
    else if (news.state === 'gone') this.#remove(link, news.cluster, news.quietMs, news.message);
    else this.#set(link, news);
  }

  #set(link: ProviderLink, news: Extract<TunnelNews, { readonly ageMs: number }>): void {
    const { cluster, state } = news;
    const clusters = this.#byLink.get(link) ?? new Set();
    if (clusters.size >= this.#maxClusters && !clusters.has(cluster)) return;
    this.#byLink.set(link, clusters.add(cluster));
    const entry = this.#entryOf(cluster);
    const now = this.#clock.monotonicMs();
    const told = { ...news, lastSeenMs: now - news.quietMs };
    const known = entry.held.get(link);
    if (known !== undefined && known.peerNumber === news.session) {
      known.session.update(told);
      entry.held.set(link, { ...known, state });
    } else {
      known?.session.end();
      this.#lastNumber += 1;
      const session = new RemoteTunnel(
        {
          clusterId: cluster,
          peerId: link.peerId,
          link: link.session,
          onForward: (kind) => this.#forwarded.add(1, { side: 'asking', kind }),
        },
        told,
      );
      entry.held.set(link, {
        session,
        state,
        number: this.#lastNumber,
        peerNumber: news.session,
        openedMs: now - news.ageMs,
      });
    }
    this.#tell(cluster);
  }

  #entryOf(clusterId: string): Entry {
    const entry = this.#entries.get(clusterId) ?? { held: new Map(), lastSeenMs: 0, message: '' };
    this.#entries.delete(clusterId);
    this.#entries.set(clusterId, entry); // most recently used last
    return entry;
  }

  #remove(link: ProviderLink, clusterId: string, quietMs: number, message: string): void {
    const entry = this.#entries.get(clusterId);
    const held = entry?.held.get(link);
    if (entry === undefined || held === undefined) return;
    entry.lastSeenMs = Math.max(entry.lastSeenMs, this.#clock.nowMs() - quietMs);
    entry.message = message;
    entry.held.delete(link);
    this.#byLink.get(link)?.delete(clusterId);
    held.session.end();
    this.#forgetOldest();
    this.#tell(clusterId);
  }

  #forgetOldest(): void {
    if (this.#entries.size <= this.#maxClusters) return;
    for (const [clusterId, { held }] of this.#entries) {
      if (held.size > 0) continue;
      this.#entries.delete(clusterId);
      return;
    }
  }

  drop(link: ProviderLink): void {
    this.#synced.delete(link);
    const clusters = [...(this.#byLink.get(link) ?? [])];
    this.#byLink.delete(link);
    const quietMs = this.#clock.monotonicMs() - link.session.lastSeenMs;
    for (const id of clusters) this.#remove(link, id, quietMs, `hub ${link.peerId}, which held it, is gone`);
  }

  candidate(clusterId: string): TunnelCandidate | undefined {
    let best: TunnelCandidate | undefined;
    for (const held of this.#entries.get(clusterId)?.held.values() ?? []) {
      if (held.session.isClosed) continue;
      // The link itself may be silent or draining.
      const state = held.session.isSilent ? 'silent' : held.session.isDraining ? 'draining' : 'live';
      best = preferCandidate(best, { ...held, state });
    }
    return best;
  }

  get(clusterId: string): TunnelEvidence | undefined {
    const entry = this.#entries.get(clusterId);
    if (entry === undefined) return undefined;
    const best = this.candidate(clusterId);
    if (best === undefined) {
      const { lastSeenMs, message } = entry;
      return { connected: false, lastSeenMs, reason: 'Disconnected', message };
    }
    const connected = best.state !== 'silent';
    const quietMs = this.#clock.monotonicMs() - best.session.lastSeenMs;
    return {
      connected,
      lastSeenMs: Math.round(this.#clock.nowMs() - quietMs),
      reason: connected ? 'Connected' : 'Silent',
      message: connected ? '' : 'nothing came through the tunnel lately',
    };
  }

  onChange(listener: (clusterId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #tell(clusterId: string): void {
    for (const listener of [...this.#listeners]) listener(clusterId);
  }
}
