import type { Socket } from 'node:net';
import { ApiError } from '@clusternet/apiserver';
import type { Clock, Gauge, Metrics } from '@clusternet/runtime';
import type { TunnelSession } from '@clusternet/tunnel';
import { Pool } from 'undici';
import type { TargetConnector } from './open-target.ts';
import type { TargetPlan } from './plan-target.ts';

export interface TargetPoolsDeps {
  readonly clock: Clock;
  readonly metrics: Metrics;
}

export interface TargetPoolsOptions {
  /** Pools at once, over all clusters; the one unused for longest goes. @default 1024 */
  readonly maxPools?: number;
  /** A pool unused for so long goes, ms. @default 90000 */
  readonly poolIdleMs?: number;
  /** A connection unused for so long is closed, ms. @default 30000 */
  readonly keepAliveMs?: number;
  /** Requests under way in one pool; more are refused. @default 1024 */
  readonly maxRequestsPerPool?: number;
}

/** A pool that is in use until it is disposed of. */
export interface PoolLease extends Disposable {
  readonly pool: Pool;
}

/** Kept connections: one pool for each tunnel session, target and credential. */
export interface TargetPools extends AsyncDisposable {
  /**
   * @param fingerprint - of the credential
   * @throws {ApiError} `TooManyRequests` beyond the limits, and whatever `createConnector` throws
   */
  lease(
    session: TunnelSession,
    plan: TargetPlan,
    fingerprint: string,
    createConnector: () => TargetConnector,
  ): PoolLease;
}

interface Entry {
  readonly session: TunnelSession;
  readonly pool: Pool;
  requests: number;
  usedMs: number;
}

/** Creates the pools. They live as long as their session, their use, and this object. */
export function createTargetPools(deps: TargetPoolsDeps, options: TargetPoolsOptions = {}): TargetPools {
  return new Pools(deps, options);
}

class Pools implements TargetPools {
  readonly #clock: Clock;
  readonly #options: Required<TargetPoolsOptions>;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #sessionKeys = new WeakMap<TunnelSession, string>();
  readonly #count: Gauge;
  #sessions = 0;
  #cancelSweep: (() => void) | undefined;

  constructor(deps: TargetPoolsDeps, options: TargetPoolsOptions) {
    this.#clock = deps.clock;
    this.#options = {
      maxPools: options.maxPools ?? 1024,
      poolIdleMs: options.poolIdleMs ?? 90_000,
      keepAliveMs: options.keepAliveMs ?? 30_000,
      maxRequestsPerPool: options.maxRequestsPerPool ?? 1024,
    };
    this.#count = deps.metrics.gauge({
      name: 'clusternet_proxy_pools_count',
      help: 'Pools of kept connections to child clusters',
    });
  }

  lease(
    session: TunnelSession,
    plan: TargetPlan,
    fingerprint: string,
    createConnector: () => TargetConnector,
  ): PoolLease {
    const scheme = plan.isTls ? 'https' : 'http';
    const key = `${this.#keyOf(session)} ${plan.form} ${scheme} ${plan.authority} ${fingerprint}`;
    const entry = this.#entries.get(key) ?? this.#create(session, plan, createConnector());
    if (entry.requests >= this.#options.maxRequestsPerPool) {
      throw new ApiError('TooManyRequests', `${entry.requests} requests to ${plan.authority} are under way`, {
        retryAfterSeconds: 1,
      });
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#count.set(this.#entries.size);
    entry.requests += 1;
    this.#scheduleSweep();
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      entry.requests -= 1;
      entry.usedMs = this.#clock.monotonicMs();
    };
    return { pool: entry.pool, [Symbol.dispose]: release };
  }

  #keyOf(session: TunnelSession): string {
    const known = this.#sessionKeys.get(session);
    if (known !== undefined) return known;
    this.#sessions += 1;
    const key = String(this.#sessions);
    this.#sessionKeys.set(session, key);
    const drop = (): void => this.#drop((entry) => entry.session === session);
    session.closed().then(drop, drop);
    return key;
  }

  #create(session: TunnelSession, plan: TargetPlan, connector: TargetConnector): Entry {
    this.#makeRoom();
    const { keepAliveMs } = this.#options;
    const pool = new Pool(`${plan.isTls ? 'https' : 'http'}://${formatHost(plan)}`, {
      // Each watch holds a connection, so their number is not limited here; requests are.
      connections: null,
      clientTtl: this.#options.poolIdleMs,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
      connect: (_options, callback) => {
        connector.open().then(
          // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- has what undici uses of a socket
          (socket) => callback(null, socket as Socket),
          (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
        );
      },
    });
    return { session, pool, requests: 0, usedMs: this.#clock.monotonicMs() };
  }

  #makeRoom(): void {
    if (this.#entries.size < this.#options.maxPools) return;
    for (const [key, entry] of this.#entries) {
      if (entry.requests > 0) continue;
      this.#destroy(key, entry);
      return;
    }
    throw new ApiError('TooManyRequests', `all ${this.#entries.size} connection pools are in use`, {
      retryAfterSeconds: 5,
    });
  }

  #scheduleSweep(): void {
    this.#cancelSweep ??= this.#clock.schedule(this.#options.poolIdleMs, () => {
      this.#cancelSweep = undefined;
      const beforeMs = this.#clock.monotonicMs() - this.#options.poolIdleMs;
      this.#drop((entry) => entry.requests === 0 && entry.usedMs <= beforeMs);
      if (this.#entries.size > 0) this.#scheduleSweep();
    });
  }

  #drop(isOver: (entry: Entry) => boolean): void {
    for (const [key, entry] of [...this.#entries]) if (isOver(entry)) this.#destroy(key, entry);
  }

  #destroy(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#count.set(this.#entries.size);
    void entry.pool.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelSweep?.();
    const pools = [...this.#entries.values()].map(({ pool }) => pool);
    this.#entries.clear();
    this.#count.set(0);
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
}

function formatHost(plan: TargetPlan): string {
  return plan.host.includes(':') ? `[${plan.host}]:${plan.port}` : `${plan.host}:${plan.port}`;
}
