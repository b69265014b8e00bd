import { isApiError } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import { createInformer } from '@clusternet/controller-kit';
import type { Informer, Lease } from '@clusternet/controller-kit';
import { errorText, runAll } from '@clusternet/runtime';
import type { Clock, Logger, Random, Run } from '@clusternet/runtime';
import { planDirectory } from './plan-directory.ts';
import type { Peer } from './plan-directory.ts';
import { PEER_LEASE_PREFIX } from './peer-record.ts';

export interface PeerDirectoryDeps {
  readonly leases: ResourceClient<Lease>;
  readonly namespace: string;
  readonly ownId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface PeerDirectoryOptions {
  /** How often Leases are looked over; as long as one lasts, ms. @default 15000 */
  readonly periodMs?: number;
  /** Deletes the Leases of hubs that died. @default false */
  readonly isCleaning?: boolean;
}

/** Who else serves this installation, by their Leases. */
export interface PeerDirectory {
  readonly peers: readonly Peer[];
  readonly hasGoPeers: boolean;
  readonly run: Run;
  /** Told when peers come, go, change or stop to renew. Returns how to stop listening. */
  onChange(listener: () => void): () => void;
}

/** Creates the directory; nothing is asked until it runs. */
export function createPeerDirectory(
  deps: PeerDirectoryDeps,
  options: PeerDirectoryOptions = {},
): PeerDirectory {
  return new Directory(deps, options);
}

class Directory implements PeerDirectory {
  readonly #deps: PeerDirectoryDeps;
  readonly #options: PeerDirectoryOptions;
  readonly #informer: Informer<Lease>;
  /** Since when each Lease is what it is, on our own clock. */
  readonly #changedMs = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #told = '';
  peers: readonly Peer[] = [];
  hasGoPeers = false;

  constructor(deps: PeerDirectoryDeps, options: PeerDirectoryOptions) {
    this.#deps = deps;
    this.#options = options;
    const { clock, random, log, namespace } = deps;
    this.#informer = createInformer<Lease>({ resource: deps.leases, clock, random, log }, { namespace });
  }

  readonly run: Run = async (signal) => {
    const { clock } = this.#deps;
    const forget = this.#informer.store.subscribe(({ before, after }) => {
      const name = (after ?? before)?.metadata.name ?? '';
      if (!name.startsWith(PEER_LEASE_PREFIX)) return;
      if (after === undefined) this.#changedMs.delete(name);
      else if (after.metadata.resourceVersion !== before?.metadata.resourceVersion) {
        this.#changedMs.set(name, clock.monotonicMs());
      }
      this.#plan();
    });
    const lookOver: Run = async (inner) => {
      while (await clock.sleep(this.#options.periodMs ?? 15_000, inner)) {
        const dead = this.#plan();
        if (this.#options.isCleaning === true) for (const lease of dead) await this.#remove(lease, inner);
      }
    };
    await runAll([this.#informer.run, lookOver], signal);
    forget();
  };

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #plan(): readonly Lease[] {
    const { clock, ownId } = this.#deps;
    const { peers, hasGoPeers, dead } = planDirectory(this.#informer.store.list(), {
      ownId,
      nowMs: clock.nowMs(),
      unchangedMs: ({ metadata }) =>
        clock.monotonicMs() - (this.#changedMs.get(metadata.name ?? '') ?? clock.monotonicMs()),
    });
    this.peers = peers;
    this.hasGoPeers = hasGoPeers;
    const told = JSON.stringify(peers);
    if (told !== this.#told) {
      this.#told = told;
      for (const listener of [...this.#listeners]) listener();
    }
    return dead;
  }

  /** Reads it live, and deletes just what was read: a renewal in between keeps it. */
  async #remove(lease: Lease, signal: AbortSignal): Promise<void> {
    const { leases, log } = this.#deps;
    const { namespace = '', name = '' } = lease.metadata;
    try {
      const { metadata } = await leases.get({ namespace, name }, signal);
      const { uid, resourceVersion } = metadata;
      if (resourceVersion !== lease.metadata.resourceVersion) return;
      await leases.delete(
        { namespace, name },
        { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) },
        signal,
      );
      log.info('lease of a dead peer deleted', { lease: name });
    } catch (error) {
      if (signal.aborted || isApiError(error, 'NOT_FOUND', 'CONFLICT')) return;
      log.warn('lease of a dead peer not deleted', { lease: name, error: errorText(error) });
    }
  }
}
