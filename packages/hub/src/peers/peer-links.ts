import type { Clock, Gauge, Logger, Metrics } from '@clusternet/runtime';
import { errorText } from '@clusternet/runtime';
import type { TunnelSession } from '@clusternet/tunnel';
import type { TunnelRegistry } from '../tunnels/tunnel-registry.ts';
import { announceTunnels } from './announce-tunnels.ts';
import type { ClientNews } from './client-news.ts';
import { followNews } from './follow-news.ts';
import type { ProviderLink, RemoteTunnels } from './remote-tunnels.ts';

/**
 * What this side does on a link: `asking` opens streams to the agents of the peer, `holding` serves those of its own. One
 * link goes one way, as with Go: between two hubs there are two.
 */
export type LinkSide = 'asking' | 'holding';

export interface LinkSnapshot {
  readonly peer: string;
  readonly side: LinkSide;
  readonly version: 1 | 2;
  readonly state: 'live' | 'silent';
  readonly streams: number;
  readonly roundTripMs?: number;
}

export interface PeerLinksDeps {
  readonly local: TunnelRegistry | undefined;
  readonly remote: RemoteTunnels;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The links of this process to other hubs. */
export interface PeerLinks {
  /**
   * Takes in a link on which this side asks. An older one of the same peer is closed: a process has one.
   * @param clients - what the peer tells in version 1
   */
  addAsking(peerId: string, session: TunnelSession, clients?: ClientNews): void;
  addHolding(peerId: string, session: TunnelSession): void;
  /** The peer is no more: nothing new goes to it, and what is under way has a moment to end. */
  close(peerId: string): void;
  snapshot(): LinkSnapshot[];
}

/** A hub that stops deletes its Lease when it has said all; that may be known here before it is read. */
const LAST_WORDS_MS = 2000;

interface Link {
  readonly peerId: string;
  readonly side: LinkSide;
  readonly session: TunnelSession;
  readonly provider: ProviderLink;
}

export function createPeerLinks(deps: PeerLinksDeps): PeerLinks {
  return new Links(deps);
}

class Links implements PeerLinks {
  readonly #deps: PeerLinksDeps;
  readonly #links = new Set<Link>();
  readonly #count: Gauge;

  constructor(deps: PeerLinksDeps) {
    this.#deps = deps;
    this.#count = deps.metrics.gauge({
      name: 'clusternet_peer_links_count',
      help: 'Links to other hubs, by what this side does on them and by version of the tunnel',
      labelNames: ['side', 'version'],
    });
  }

  addAsking(peerId: string, session: TunnelSession, clients?: ClientNews): void {
    for (const link of [...this.#links]) {
      if (link.peerId === peerId && link.side === 'asking') void link.session.close();
    }
    const link = this.#add(peerId, 'asking', session);
    if (session.version === 2) followNews(this.#deps, link.provider);
    else clients?.follow((news) => this.#deps.remote.apply(link.provider, news));
  }

  addHolding(peerId: string, session: TunnelSession): void {
    this.#add(peerId, 'holding', session);
    if (session.version === 1 && this.#deps.local !== undefined) announceTunnels(this.#deps.local, session);
  }

  #add(peerId: string, side: LinkSide, session: TunnelSession): Link {
    const { log, remote } = this.#deps;
    const link: Link = { peerId, side, session, provider: { peerId, session } };
    const labels = { side, version: String(session.version) };
    this.#links.add(link);
    this.#count.add(1, labels);
    log.info('peer linked', { peer: peerId, side, version: session.version });
    const remove = (reason: string): void => {
      this.#links.delete(link);
      this.#count.add(-1, labels);
      remote.drop(link.provider);
      log.info('peer link closed', { peer: peerId, side, reason });
    };
    session.closed().then(
      () => remove('this side closed it'),
      (error: unknown) => remove(errorText(error)),
    );
    return link;
  }

  close(peerId: string): void {
    for (const link of [...this.#links]) if (link.peerId === peerId) void link.session.close(LAST_WORDS_MS);
  }

  snapshot(): LinkSnapshot[] {
    return [...this.#links].map(({ peerId, side, session }) => ({
      peer: peerId,
      side,
      version: session.version,
      state: session.isSilent ? 'silent' : 'live',
      streams: session.streams,
      ...(session.roundTripMs === undefined ? {} : { roundTripMs: session.roundTripMs }),
    }));
  }
}
