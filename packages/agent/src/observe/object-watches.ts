import { runReflector } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import { entryKey } from '@clusternet/deployer';
import type { InventoryEntry } from '@clusternet/deployer';
import { backoffMs, errorText } from '@clusternet/runtime';
import type { Clock, Logger, Metrics, Random } from '@clusternet/runtime';

/** Objects watched at most; more are not observed, which is logged and counted. */
const MAX_WATCHES = 2000;

export interface ObjectWatchDeps {
  readonly child: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Told which owners an object that changed concerns. */
  readonly onChange: (owners: readonly string[]) => void;
}

/** What is known of an object. `pending` ends by itself: the first answer is a change; `unwatched` does not. */
export type Observation =
  | { readonly kind: 'absent' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'present'; readonly object: KubeObject }
  | { readonly kind: 'unwatched' };

/** Watches single objects for as long as somebody wants to know about them. */
export interface ObjectWatches {
  /** Says what an owner wants to know about, in place of what it wanted before. */
  track(owner: string, entries: readonly InventoryEntry[]): void;
  /** The object as last seen. */
  get(entry: InventoryEntry): Observation;
  /** Ends every watch. */
  stop(): Promise<void>;
}

interface Watch {
  readonly entry: InventoryEntry;
  readonly owners: Set<string>;
  readonly controller: AbortController;
  readonly done: Promise<void>;
  seen: Observation;
}

/** Creates the set; each watch asks the API for one name only, so cost grows with what was delivered. */
export function createObjectWatches(deps: ObjectWatchDeps): ObjectWatches {
  const { log, metrics } = deps;
  const watches = new Map<string, Watch>();
  const gauge = metrics.gauge({
    name: 'clusternet_observed_objects',
    help: 'Delivered objects that are watched.',
  });
  const dropped = metrics.counter({
    name: 'clusternet_observed_objects_dropped_total',
    help: 'Objects not watched because the limit was reached.',
  });

  const start = (entry: InventoryEntry): Watch => {
    const controller = new AbortController();
    const watch: Watch = {
      entry,
      owners: new Set(),
      controller,
      seen: { kind: 'pending' },
      done: Promise.resolve().then(() => follow(deps, watch)),
    };
    return watch;
  };
  return {
    track: (owner, entries) => {
      const wanted = new Map(entries.map((entry) => [entryKey(entry), entry]));
      for (const [key, watch] of watches) {
        if (!watch.owners.has(owner) || wanted.has(key)) continue;
        watch.owners.delete(owner);
        if (watch.owners.size > 0) continue;
        watch.controller.abort();
        watches.delete(key);
      }
      for (const [key, entry] of wanted) {
        let watch = watches.get(key);
        if (watch === undefined) {
          if (watches.size >= MAX_WATCHES) {
            dropped.add();
            log.warn('object not observed: too many', { object: key, limit: MAX_WATCHES });
            continue;
          }
          watch = start(entry);
          watches.set(key, watch);
        }
        watch.owners.add(owner);
      }
      gauge.set(watches.size);
    },
    get: (entry) => watches.get(entryKey(entry))?.seen ?? { kind: 'unwatched' },
    stop: async () => {
      for (const { controller } of watches.values()) controller.abort();
      await Promise.all([...watches.values()].map(({ done }) => done));
      watches.clear();
      gauge.set(0);
    },
  };
}

async function follow(deps: ObjectWatchDeps, watch: Watch): Promise<void> {
  const { child, clock, random, log } = deps;
  const { signal } = watch.controller;
  const { apiVersion, kind, namespace, name } = watch.entry;
  const set = (object: KubeObject | undefined): void => {
    const seen: Observation = object === undefined ? { kind: 'absent' } : { kind: 'present', object };
    const isSame = versionOf(seen) === versionOf(watch.seen);
    watch.seen = seen;
    if (!isSame) deps.onChange([...watch.owners]);
  };
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      const resource = await child.resourceFor({ apiVersion, kind }, signal);
      await runReflector(
        {
          resource,
          clock,
          random,
          log,
          sink: {
            replace: ([object]) => {
              set(object);
            },
            upsert: set,
            remove: () => {
              set(undefined);
            },
          },
        },
        { fieldSelector: `metadata.name=${name}`, ...(namespace === '' ? {} : { namespace }) },
        signal,
      );
    } catch (error) {
      if (isAborted(signal)) return;
      set(undefined); // a kind that is not there has no objects
      log.debug('kind not watched yet', { kind, error: errorText(error) });
      await clock.sleep(backoffMs(failures, random.next()), signal);
    }
  }
}

function versionOf(seen: Observation): string {
  return seen.kind === 'present' ? (seen.object.metadata.resourceVersion ?? '') : seen.kind;
}

/** Aborting happens while an await is pending, which the compiler does not see. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
