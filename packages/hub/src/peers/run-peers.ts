import type { ResourceClient } from '@clusternet/client';
import type { Lease } from '@clusternet/controller-kit';
import { issueCertificate } from '@clusternet/pki';
import { aborted, runAll } from '@clusternet/runtime';
import type { Clock, Logger, Metrics, Random, Run } from '@clusternet/runtime';
import type { TunnelSessionOptions } from '@clusternet/tunnel';
import type { Secret } from '../parent/resources.ts';
import type { TunnelRegistry } from '../tunnels/tunnel-registry.ts';
import { runOwnLease } from './own-lease.ts';
import type { OwnLeaseOptions } from './own-lease.ts';
import { createPeerDirectory } from './peer-directory.ts';
import { createPeerLinks } from './peer-links.ts';
import type { LinkSnapshot } from './peer-links.ts';
import { startPeerListener } from './peer-listener.ts';
import type { PeerRecord } from './peer-record.ts';
import { getPeerTrust } from './peer-secret.ts';
import { goTokenOf, peerServerName } from './plan-admission.ts';
import { createRemoteTunnels } from './remote-tunnels.ts';
import type { RemoteTunnels } from './remote-tunnels.ts';
import { runPeerDials } from './run-peer-dials.ts';
import { createPeerServer } from './serve-peer.ts';

export interface PeersDeps {
  readonly leases: ResourceClient<Lease>;
  readonly secrets: ResourceClient<Secret>;
  /** Where Leases and the Secret are. */
  readonly namespace: string;
  /** For people: `<hostname>_<uuid>`. */
  readonly identity: string;
  /** The tunnels of this process; undefined where it takes none: then it dials hubs and accepts nothing. */
  readonly local: TunnelRegistry | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface PeersOptions extends OwnLeaseOptions {
  /** Where other hubs dial. Not used in a process without tunnels. @default '0.0.0.0' */
  readonly host?: string;
  /** 0 takes a free one. @default 8123 */
  readonly port?: number;
  /** How other hubs reach this one: a name or an address, IPv6 without brackets. */
  readonly advertiseAddress: string;
  readonly tunnel?: TunnelSessionOptions;
}

/** This process among the hubs of its installation. */
export interface Peers {
  /** Five characters, drawn when it was created. */
  readonly id: string;
  readonly remote: RemoteTunnels;
  /** Whether another hub is there that agents and callers can go to. */
  readonly hasOtherHubs: boolean;
  /** Whether there are tunnels that this process cannot know of: no hub has told its own yet. */
  readonly isBlind: boolean;
  snapshot(): LinkSnapshot[];
  readonly run: Run;
  /** Ends forwarded watches in order, and waits up to `drainMs` for other requests that peers have forwarded to here. */
  drain(drainMs: number): Promise<void>;
}

const ID_LENGTH = 5;
/** Kubernetes' alphabet for drawn names. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Creates the peers of this process; nothing is dialled, listened on or written until `run`. */
export function createPeers(deps: PeersDeps, options: PeersOptions): Peers {
  const { clock, random, log, metrics, local } = deps;
  const id = Array.from(
    { length: ID_LENGTH },
    () => ALPHABET[Math.floor(random.next() * ALPHABET.length)],
  ).join('');
  const remote = createRemoteTunnels(deps);
  const links = createPeerLinks({ local, remote, clock, log, metrics });
  const server = local === undefined ? undefined : createPeerServer({ local, clock, log, metrics });
  const directory = createPeerDirectory(
    { ...deps, ownId: id },
    {
      isCleaning: local !== undefined,
      ...(options.leaseDurationMs === undefined ? {} : { periodMs: options.leaseDurationMs }),
    },
  );

  const hasOtherHubs = (): boolean => directory.peers.some(({ isFresh }) => isFresh);

  const run: Run = async (signal) => {
    const trust = await getPeerTrust(deps, signal).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (trust === undefined) return;
    const runs: Run[] = [directory.run];
    runs.push((inner) =>
      runPeerDials({ ...deps, ownId: id, directory, links, server, trust }, options.tunnel ?? {}, inner),
    );
    if (server === undefined) {
      await runAll(runs, signal);
      return;
    }
    const certificate = await issueCertificate(trust.ca, {
      commonName: peerServerName(id),
      dnsNames: [peerServerName(id)],
      usage: 'server',
      days: 3650, // as long as the CA: the process does not live that long
    });
    const { host = '0.0.0.0', port = 8123, tunnel } = options;
    await using listener = await startPeerListener(
      { directory, links, server, token: trust.token, certificate, clock, random, log },
      { host, port, ...(tunnel === undefined ? {} : { tunnel }) },
    );
    log.info('listening for peers', { peer: id, port: listener.port });
    const getRecord = (): PeerRecord => ({
      id,
      identity: deps.identity,
      host: options.advertiseAddress,
      port: listener.port,
      // Where there are only hubs of ours, nobody needs to read one.
      token: directory.hasGoPeers ? goTokenOf(id, trust.token) : '',
      versions: [2],
    });
    runs.push((inner) =>
      runOwnLease(
        { ...deps, getRecord, onRecordChange: (listener) => directory.onChange(listener) },
        options,
        inner,
      ),
    );
    await runAll([...runs, aborted], signal);
  };

  return {
    id,
    remote,
    get hasOtherHubs() {
      return hasOtherHubs();
    },
    get isBlind() {
      return remote.syncedLinks === 0 && (local === undefined || hasOtherHubs());
    },
    snapshot: () => links.snapshot(),
    run,
    drain: async (drainMs) => server?.drain(drainMs),
  };
}
