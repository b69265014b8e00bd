import type { Clock } from '@clusternet/runtime';
import type { RequestHead, V2Stream } from '@clusternet/tunnel-protocol';
import type { TunnelRegistry } from '../tunnels/tunnel-registry.ts';
import { formatNews } from './tunnel-news.ts';
import type { TunnelNews } from './tunnel-news.ts';

/** What a hub calls itself in its hello: requests that name it are about the hub, not about an agent. */
export const HUB_TARGET = 'hub';
/** The path of the news. */
export const NEWS_PATH = '/tunnels';

/** With more than this on its way, the peer is told the rest later: only what is true then, however often it changed. */
const HIGH_BYTES = 64 * 1024;

export interface SendNewsDeps {
  readonly local: TunnelRegistry;
  readonly clock: Clock;
}

/** Answers the request for news: every tunnel of this hub, `synced`, then what changes, for as long as the peer listens. */
export function sendNews(deps: SendNewsDeps, stream: V2Stream): void {
  const { method, path } = stream.head as RequestHead; // the caller has looked
  if (method !== 'GET' || path !== NEWS_PATH) {
    stream.respond({ status: 404, fields: [] }, true);
    return;
  }
  const { local } = deps;
  /** Clusters to be told of: as many as there are, at most. */
  const due = new Set(local.clusterIds());
  let isSynced = false;
  const flush = (): void => {
    while (!stream.isClosed && stream.pendingBytes < HIGH_BYTES && (due.size > 0 || !isSynced)) {
      const lines: string[] = [];
      for (const cluster of due) {
        if (lines.length >= 100) break;
        due.delete(cluster);
        lines.push(formatNews(newsOf(deps, cluster)));
      }
      if (due.size === 0 && !isSynced) {
        isSynced = true;
        lines.push(formatNews({ state: 'synced' }));
      }
      stream.write(Buffer.from(`${lines.join('\n')}\n`));
    }
  };
  const forget = local.onSession((cluster) => {
    due.add(cluster);
    flush();
  });
  stream.bind({
    onReadable: () => {
      while (stream.read() !== undefined); // there is nothing to say
    },
    onDrain: flush,
    onClose: forget,
  });
  stream.respond({ status: 200, fields: ['content-type', 'application/x-ndjson'] });
  flush();
}

function newsOf({ local, clock }: SendNewsDeps, cluster: string): TunnelNews {
  const candidate = local.candidate(cluster);
  const now = clock.monotonicMs();
  if (candidate === undefined) {
    const { lastSeenMs, message } = local.get(cluster);
    const quietMs = lastSeenMs === undefined ? 0 : Math.max(0, clock.nowMs() - lastSeenMs);
    return { cluster, state: 'gone', quietMs, message };
  }
  const { session, number, openedMs, state } = candidate;
  return {
    cluster,
    state,
    session: number,
    ageMs: Math.round(now - openedMs),
    quietMs: Math.round(now - session.lastSeenMs),
    version: session.version,
    targets: session.targets,
  };
}
