import type { Clock, Logger, Random } from '@clusternet/runtime';
import { aborted, backoffMs, errorText } from '@clusternet/runtime';
import { dialTunnel } from '@clusternet/tunnel';
import type { DialTunnelDeps, TunnelSession, TunnelSessionOptions } from '@clusternet/tunnel';
import type { PeerDirectory } from './peer-directory.ts';
import type { PeerLinks } from './peer-links.ts';
import { peerUrl } from './peer-record.ts';
import type { PeerTrust } from './peer-secret.ts';
import {
  PEER_ID_HEADER,
  PEER_PATH,
  PEER_ROLE_HEADER,
  PEER_TOKEN_HEADER,
  goTokenOf,
  peerServerName,
} from './plan-admission.ts';
import type { Peer } from './plan-directory.ts';
import type { PeerServer } from './serve-peer.ts';

export interface PeerDialsDeps {
  readonly ownId: string;
  readonly directory: PeerDirectory;
  readonly links: PeerLinks;
  /** Undefined: this process holds no tunnels, and asks on the links that it dials. */
  readonly server: PeerServer | undefined;
  readonly trust: PeerTrust;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Waits between dials, and as long a life that makes failures forgotten. */
const BACKOFF = { baseMs: 250, maxMs: 10_000, jitter: 1 };
const STABLE_MS = 10_000;

/** Keeps a link to every peer of the directory until `signal` aborts. One that leaves the directory is let go at once. */
export async function runPeerDials(
  deps: PeerDialsDeps,
  options: TunnelSessionOptions,
  signal: AbortSignal,
): Promise<void> {
  const running = new Map<string, { readonly key: string; readonly stop: AbortController }>();
  const ends = new Set<Promise<void>>();
  const follow = (): void => {
    const wanted = new Map(
      deps.directory.peers
        // A Go hub opens nothing on a link that it was dialled on but to agents, and a client has none.
        .filter(({ isOwn }) => isOwn || deps.server !== undefined)
        .map((peer) => [peer.id, peer]),
    );
    for (const [id, { key, stop }] of running) {
      const peer = wanted.get(id);
      if (peer !== undefined && keyOf(peer) === key) continue;
      running.delete(id);
      stop.abort();
      if (peer === undefined) deps.links.close(id);
    }
    for (const peer of wanted.values()) {
      if (running.has(peer.id) || signal.aborted) continue;
      const stop = new AbortController();
      running.set(peer.id, { key: keyOf(peer), stop });
      const end = holdLink(deps, options, peer, stop.signal);
      ends.add(end);
      void end.then(() => ends.delete(end));
    }
  };
  const forget = deps.directory.onChange(follow);
  follow();
  await aborted(signal);
  forget();
  for (const { stop } of running.values()) stop.abort();
  await Promise.all(ends);
}

/** Where and as whom to dial; a renewal changes nothing of it. */
function keyOf({ id, host, port, isOwn }: Peer): string {
  return JSON.stringify([id, host, port, isOwn]);
}

async function holdLink(
  deps: PeerDialsDeps,
  options: TunnelSessionOptions,
  peer: Peer,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, log, links, directory } = deps;
  const isOver = (): boolean => signal.aborted;
  let failures = 0;
  while (!isOver()) {
    let openedMs = Infinity;
    try {
      // One that does not renew has died, or cannot reach the parent; a link that holds is not asked about that.
      if (directory.peers.find(({ id }) => id === peer.id)?.isFresh !== false) {
        await using session = await dial(deps, options, peer, signal);
        openedMs = clock.monotonicMs();
        if (deps.server === undefined) links.addAsking(peer.id, session);
        else links.addHolding(peer.id, session);
        await session.closed(signal);
      }
    } catch (error) {
      if (isOver()) return;
      log.info('no link to a peer', { peer: peer.id, url: peerUrl(peer), error: errorText(error) });
    }
    failures = clock.monotonicMs() - openedMs >= STABLE_MS ? 1 : failures + 1;
    await clock.sleep(backoffMs(failures, random.next(), BACKOFF), signal);
  }
}

function dial(
  { ownId, server, trust, clock, log }: PeerDialsDeps,
  options: TunnelSessionOptions,
  peer: Peer,
  signal: AbortSignal,
): Promise<TunnelSession> {
  const serving: Pick<DialTunnelDeps, 'onStream' | 'requests'> =
    server === undefined
      ? { onStream: (stream) => stream.refuse('NOT_ALLOWED', 'this process holds no tunnels') }
      : {
          onStream: server.onStream,
          ...(peer.isOwn ? { requests: { targets: server.targets, serve: server.onRequest } } : {}),
        };
  const target = {
    parentUrl: peerUrl(peer),
    path: PEER_PATH,
    clusterId: peer.id,
    hop: `hub → hub ${peer.id}`,
    software: 'clusternet-hub',
  };
  const id = { [PEER_ID_HEADER]: ownId };
  if (!peer.isOwn) {
    // Its certificate is its own affair, and what it gets to see is for Go hubs only.
    const headers = { ...id, [PEER_TOKEN_HEADER]: goTokenOf(ownId, trust.token) };
    const way = { ...target, insecureSkipVerify: true, headers };
    return dialTunnel({ clock, log, ...serving }, way, { ...options, maxVersion: 1 }, signal);
  }
  const role = server === undefined ? 'client' : 'hub';
  const headers = { ...id, [PEER_TOKEN_HEADER]: trust.token, [PEER_ROLE_HEADER]: role };
  const way = { ...target, caPem: trust.ca.certPem, serverName: peerServerName(peer.id), headers };
  return dialTunnel({ clock, log, ...serving }, way, options, signal);
}
