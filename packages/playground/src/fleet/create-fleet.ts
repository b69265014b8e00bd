import { PlaygroundError } from '../errors.ts';
import type { ClusterStatus } from './cluster-status.ts';
import type { Cluster } from './create-cluster.ts';

/** The clusters of one playground. */
export interface Fleet extends AsyncDisposable {
  readonly clusters: readonly Cluster[];
  /** @throws {PlaygroundError} `UNKNOWN_CLUSTER`, naming those there are */
  get(name: string): Cluster;
  status(): Promise<readonly ClusterStatus[]>;
}

export function createFleet(clusters: readonly Cluster[]): Fleet {
  const byName = new Map(clusters.map((cluster) => [cluster.name, cluster]));
  return {
    clusters,
    get(name) {
      const found = byName.get(name);
      if (found !== undefined) return found;
      throw new PlaygroundError(
        'UNKNOWN_CLUSTER',
        `there is no cluster ${JSON.stringify(name)}; there ${listNames([...byName.keys()])}`,
      );
    },
    status: () => Promise.all(clusters.map((cluster) => cluster.status())),
    async [Symbol.asyncDispose]() {
      const results = await Promise.allSettled(clusters.map((cluster) => cluster[Symbol.asyncDispose]()));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
  };
}

const MOST_NAMES = 10;

function listNames(names: readonly string[]): string {
  if (names.length === 1) return `is ${names[0] ?? ''}`;
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  return `are ${names.slice(0, MOST_NAMES).join(', ')}${more}`;
}

/** Starts that run at the same time: signing keys is the processor's, the rest waits for the loop. */
const PARALLEL_STARTS = 4;

/**
 * Starts all clusters, several at once. Stops early, without error, when `signal` aborts.
 * @throws the first error; what was started stays with the fleet
 */
export async function startFleet(
  fleet: Fleet,
  onReady: (cluster: Cluster) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const waiting = fleet.clusters.values();
  const failures: unknown[] = [];
  const isOver = (): boolean => signal.aborted || failures.length > 0;
  const startNext = async (): Promise<void> => {
    for (const cluster of waiting) {
      if (isOver()) return;
      try {
        await cluster.start(signal);
        if (!isOver()) await onReady(cluster);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_STARTS }, startNext));
  if (failures.length > 0) throw failures[0];
}
