import type { ClientListener } from '@clusternet/tunnel';
import type { TunnelNews } from './tunnel-news.ts';

/** What a Go hub tells of its agents, as news. */
export interface ClientNews {
  /** For the session; may be called before anybody follows. */
  readonly onClient: ClientListener;
  /** Tells what is there, and from then on what changes. */
  follow(listener: (news: TunnelNews) => void): void;
}

/** A Go hub may name so many clusters; what goes beyond is not taken in. */
const MAX_CLIENTS = 20_000;

/** Collects what a Go hub tells: which sessions there are, and nothing of how they do. */
export function createClientNews(peerId: string): ClientNews {
  const sessions = new Map<string, Set<number | bigint>>();
  let listener: ((news: TunnelNews) => void) | undefined;
  // Which of several sessions of a cluster is used is for the Go hub to say.
  const live = (cluster: string): TunnelNews => ({
    cluster,
    state: 'live',
    session: 0,
    ageMs: 0,
    quietMs: 0,
    version: 1,
    targets: [],
  });
  return {
    onClient: (change, { clientKey, sessionKey }) => {
      const known = sessions.get(clientKey);
      if (change === 'added') {
        if (known === undefined && sessions.size >= MAX_CLIENTS) return;
        sessions.set(clientKey, (known ?? new Set()).add(sessionKey));
        listener?.(live(clientKey));
        return;
      }
      known?.delete(sessionKey);
      if (known === undefined || known.size > 0) return;
      sessions.delete(clientKey);
      listener?.({
        cluster: clientKey,
        state: 'gone',
        quietMs: 0,
        message: `its agent left hub ${peerId}`,
      });
    },
    follow: (told) => {
      listener = told;
      for (const cluster of sessions.keys()) told(live(cluster));
      told({ state: 'synced' }); // it tells as it goes, and never says when it has told all
    },
  };
}
