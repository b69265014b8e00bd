import type { Clock, Logger, Metrics } from '@clusternet/runtime';
import { relayStreams } from '@clusternet/tunnel';
import type { TunnelByteStream } from '@clusternet/tunnel';
import type { RequestHead, V2Stream } from '@clusternet/tunnel-protocol';
import type { TunnelRegistry } from '../tunnels/tunnel-registry.ts';
import { HUB_TARGET, sendNews } from './send-news.ts';
import { relayRequest, toReset } from './relay-request.ts';
import type { RelayedRequest } from './relay-request.ts';
import { CLUSTER_SEPARATOR } from './remote-tunnel.ts';

export interface PeerServerDeps {
  /** The tunnels of this process, and no others: what comes from a peer goes to an agent, so nothing goes round. */
  readonly local: TunnelRegistry;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Serves what peers ask of the agents of this hub. */
export interface PeerServer {
  readonly targets: readonly string[];
  readonly onStream: (stream: TunnelByteStream) => void;
  readonly onRequest: (stream: V2Stream) => void;
  /** Ends watches in order, so that they begin anew elsewhere, and waits up to `drainMs` for other requests. */
  drain(drainMs: number): Promise<void>;
}

export function createPeerServer(deps: PeerServerDeps): PeerServer {
  const { local, clock, log } = deps;
  const forwarded = deps.metrics.counter({
    name: 'clusternet_peer_forwarded_total',
    help: 'Requests and streams that went to an agent through another hub, by the side that counts them',
    labelNames: ['side', 'kind'],
  });
  const underWay = new Map<V2Stream, RelayedRequest>();
  const idle = new Set<() => void>();
  let isDraining = false;

  const over = (stream: V2Stream): void => {
    underWay.delete(stream);
    if (underWay.size === 0) for (const wake of [...idle]) wake();
  };

  const serveRequest = (stream: V2Stream, head: RequestHead): void => {
    const { clusterId, rest } = split(head.target);
    const session = local.pick(clusterId);
    if (session === undefined) {
      stream.reset('REFUSED', `failed to find Session for client ${clusterId}`);
      return;
    }
    try {
      const isEnd = stream.isReadEnded;
      const { serviceClass } = stream;
      const opened = session.request({ ...head, target: rest }, { serviceClass, isEnd });
      forwarded.add(1, { side: 'holding', kind: 'request' });
      const relayed = relayRequest(stream, opened, () => over(stream));
      underWay.set(stream, relayed);
      if (isDraining && serviceClass === 'watch') relayed.finish();
    } catch (error) {
      const { code, text } = toReset(error);
      log.debug('request of a peer not passed on', { cluster: clusterId, code, reason: text });
      stream.reset(code, text);
    }
  };

  return {
    targets: [HUB_TARGET],
    onRequest: (stream) => {
      const head = stream.head as RequestHead; // the session tells requests from connects
      if (head.target === HUB_TARGET) sendNews({ local, clock }, stream);
      else serveRequest(stream, head);
    },
    onStream: (stream) => {
      stream.on('error', () => {}); // told by `close`
      const { clusterId, rest } = split(stream.network);
      if (clusterId === '') {
        stream.refuse('MALFORMED', `invalid clientKey/proto: ${stream.network}`);
        return;
      }
      const session = local.pick(clusterId);
      if (session === undefined) {
        stream.refuse('REFUSED', `failed to find Session for client ${clusterId}`);
        return;
      }
      try {
        const target = session.open(rest, stream.address);
        forwarded.add(1, { side: 'holding', kind: 'stream' });
        target.on('error', (error) => {
          const { code, text } = toReset(error);
          stream.refuse(code, text);
        });
        stream.acknowledge();
        relayStreams(stream, target, clock);
      } catch (error) {
        const { code, text } = toReset(error);
        stream.refuse(code, text);
      }
    },
    drain: async (drainMs) => {
      isDraining = true;
      for (const [stream, relayed] of [...underWay]) if (stream.serviceClass === 'watch') relayed.finish();
      if (underWay.size === 0) return;
      const waiting = Promise.withResolvers<undefined>();
      const wake = (): void => waiting.resolve(undefined);
      const cancel = clock.schedule(drainMs, wake);
      idle.add(wake);
      await waiting.promise;
      idle.delete(wake);
      cancel();
    },
  };
}

/** Splits at the first separator; without one there is no cluster. */
function split(text: string): { readonly clusterId: string; readonly rest: string } {
  const at = text.indexOf(CLUSTER_SEPARATOR);
  return at < 0
    ? { clusterId: '', rest: text }
    : { clusterId: text.slice(0, at), rest: text.slice(at + CLUSTER_SEPARATOR.length) };
}
