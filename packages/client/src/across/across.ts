import type { KubeObject } from '@clusternet/kube-data';
import type { Clock, Random } from '@clusternet/runtime';
import type { ClusterClient } from '../fleet/cluster-client.ts';
import type { FollowOptions } from '../fleet/follow.ts';
import type { KindName } from '../fleet/kinds.ts';
import type { ListOptions } from '../resource.ts';
import type { ClusterName } from './cluster-name.ts';
import { listEach } from './list-each.ts';
import { watchEach } from './watch-each.ts';

/** Which clusters, and how they are asked. */
export interface AcrossOptions {
  /** Of the labels of ManagedClusters. @default all */
  readonly clusterSelector?: string;
  /** Clusters asked at once. @default 16 */
  readonly concurrency?: number;
  /** How long a cluster may take for a page of a list, ms. @default 10000 */
  readonly timeoutMs?: number;
}

/** What one cluster said: some of its objects, or nothing, and why. */
export type ClusterAnswer<T extends KubeObject> =
  | { readonly kind: 'items'; readonly cluster: ClusterName; readonly items: readonly T[] }
  | { readonly kind: 'silent'; readonly cluster: ClusterName; readonly error: unknown };

/** What all clusters said together. */
export interface AcrossList<T extends KubeObject> {
  readonly items: readonly { readonly cluster: ClusterName; readonly object: T }[];
  /** Clusters of which something is missing. */
  readonly silent: readonly { readonly cluster: ClusterName; readonly error: unknown }[];
}

/** What a watch across clusters tells. */
export type AcrossEvent<T extends KubeObject> =
  | {
      readonly type: 'ADDED' | 'DELETED' | 'MODIFIED';
      readonly cluster: ClusterName;
      readonly object: T;
    }
  | {
      /**
       * `JOINED`: looked at from here on. `SYNCED`: all that it had has been told. `BACK`: heard again after a silence.
       * `LEFT`: not in the fleet or the selection any more, and neither are its objects.
       */
      readonly type: 'BACK' | 'JOINED' | 'LEFT' | 'SYNCED';
      readonly cluster: ClusterName;
    }
  | {
      /** Not heard: what is known of it may be old. It is tried again. */
      readonly type: 'SILENT';
      readonly cluster: ClusterName;
      readonly error: unknown;
    };

/** Objects of one kind in many clusters. */
export interface AcrossKind<T extends KubeObject = KubeObject> {
  /** Pages as clusters answer, in no order. Nothing is asked for ahead of a slow reader. */
  each(options?: AcrossListOptions, signal?: AbortSignal): AsyncIterable<ClusterAnswer<T>>;
  /** All of it: what there is, and whom it was not heard from. @throws {ApiError} only when the parent does not answer */
  list(options?: AcrossListOptions, signal?: AbortSignal): Promise<AcrossList<T>>;
  /**
   * What there is, then what happens, in every cluster, those included that join later. Ends in peace when `signal` aborts.
   * @throws {ApiError} when the parent does not answer at first, or refuses later
   */
  watch(options?: FollowOptions, signal?: AbortSignal): AsyncIterable<AcrossEvent<T>>;
}

/** Which objects, and how many a page. */
export type AcrossListOptions = Omit<ListOptions, 'continueToken' | 'resourceVersion'>;

/** Many clusters at once. */
export interface AcrossClient {
  kind<T extends KubeObject = KubeObject>(which: KindName): AcrossKind<T>;
}

export interface AcrossDeps {
  readonly parent: ClusterClient;
  /** @param id - of a cluster */
  readonly openCluster: (id: string) => ClusterClient;
  readonly clock: Clock;
  readonly random: Random;
}

/** Creates a client of many clusters; sends nothing until asked. */
export function createAcrossClient(deps: AcrossDeps, options: AcrossOptions = {}): AcrossClient {
  return {
    kind: <T extends KubeObject>(which: KindName): AcrossKind<T> => {
      const each: AcrossKind<T>['each'] = (what = {}, signal) =>
        listEach<T>(deps, options, which, what, signal);
      return {
        each,
        list: async (what, signal) => {
          const items: { cluster: ClusterName; object: T }[] = [];
          const silent: { cluster: ClusterName; error: unknown }[] = [];
          for await (const answer of each(what, signal)) {
            const { cluster } = answer;
            if (answer.kind === 'silent') silent.push({ cluster, error: answer.error });
            else for (const object of answer.items) items.push({ cluster, object });
          }
          return { items, silent };
        },
        watch: (what = {}, signal) => watchEach<T>(deps, options, which, what, signal),
      };
    },
  };
}
