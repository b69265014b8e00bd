import type { ManagedCluster } from '@clusternet/api-types';
import type { KubeObject } from '@clusternet/kube-data';
import { ApiError } from '../errors.ts';
import { follow } from '../fleet/follow.ts';
import type { FollowOptions } from '../fleet/follow.ts';
import type { KindName } from '../fleet/kinds.ts';
import type { AcrossDeps, AcrossEvent, AcrossOptions } from './across.ts';
import { nameOf } from './cluster-name.ts';
import type { ClusterName } from './cluster-name.ts';
import { createBoundedChannel } from './bounded-channel.ts';
import type { BoundedChannel } from './bounded-channel.ts';
import { createGate } from './gate.ts';
import type { Gate } from './gate.ts';
import { createHearing } from './hearing.ts';
import type { Hearing } from './hearing.ts';

/** Events that wait for a slow reader, of all clusters together; then the clusters wait. */
const CAPACITY = 256;

/** One cluster that is looked at. */
interface Watched {
  readonly name: ClusterName;
  readonly hearing: Hearing;
  readonly stop: () => void;
}

/** What one watch across clusters holds. */
interface Round<T extends KubeObject> {
  readonly deps: AcrossDeps;
  readonly which: KindName;
  readonly what: FollowOptions;
  readonly channel: BoundedChannel<AcrossEvent<T>>;
  readonly gate: Gate;
  readonly watched: Map<string, Watched>;
}

/** Follows the clusters of a selection, and the objects of a kind in each of them. */
export async function* watchEach<T extends KubeObject>(
  deps: AcrossDeps,
  { clusterSelector, concurrency = 16 }: AcrossOptions,
  which: KindName,
  what: FollowOptions,
  signal?: AbortSignal,
): AsyncGenerator<AcrossEvent<T>, void, undefined> {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const channel = createBoundedChannel<AcrossEvent<T>>(CAPACITY);
  const watched = new Map<string, Watched>();
  const round: Round<T> = { deps, which, what, channel, gate: createGate(concurrency), watched };
  const selection = clusterSelector === undefined ? {} : { labelSelector: clusterSelector };
  followClusters(round, selection, controller.signal).then(
    () => channel.end(),
    (error: unknown) => channel.end(error as Error),
  );
  try {
    yield* channel;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    controller.abort();
    for (const { stop } of watched.values()) stop();
  }
}

async function followClusters<T extends KubeObject>(
  round: Round<T>,
  selection: { readonly labelSelector?: string },
  signal: AbortSignal,
): Promise<void> {
  for await (const event of round.deps.parent.kind('ManagedCluster').watch(selection, signal)) {
    if (event.type === 'SYNCED') continue;
    const key = `${event.object.metadata.namespace ?? ''}/${event.object.metadata.name ?? ''}`;
    const known = round.watched.get(key);
    const name = event.type === 'DELETED' ? undefined : nameOf(event.object);
    if (known !== undefined && known.name.id !== name?.id) {
      known.stop();
      round.watched.delete(key);
      round.channel.note({ type: 'LEFT', cluster: known.name });
    }
    if (name === undefined) continue;
    if (!round.watched.has(key)) round.watched.set(key, startCluster(round, name, signal));
    round.watched.get(key)?.hearing.setReported(findAbsence(event.object));
  }
}

/** Why the parent has not heard from a cluster; undefined when it has, or says nothing. */
function findAbsence({ metadata, status }: ManagedCluster): ApiError | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined || ready.status === 'True') return undefined;
  const why = [ready.reason, ready.message].filter((text) => text).join(': ');
  return new ApiError('CLUSTER_OFFLINE', `cluster ${metadata.name ?? ''} is not ready: ${why}`);
}

function startCluster<T extends KubeObject>(
  round: Round<T>,
  cluster: ClusterName,
  signal: AbortSignal,
): Watched {
  const { deps, which, what, channel, gate } = round;
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  signal.addEventListener('abort', stop, { once: true });
  const hearing = createHearing(
    (error) => channel.note({ type: 'SILENT', cluster, error }),
    () => channel.note({ type: 'BACK', cluster }),
  );
  const client = deps.openCluster(cluster.id);
  const kind = client.kind<T>(which);
  const getResource = async (inTime?: AbortSignal) => {
    const resource = client.client.resource<T>(await gate.run(() => kind.ref(inTime)));
    return {
      ...resource,
      list: (...args: Parameters<typeof resource.list>) => gate.run(() => resource.list(...args)),
    };
  };
  const options = {
    ...what,
    isPatient: true,
    onInterrupted: (error: unknown) => {
      hearing.setWatch(error);
      what.onInterrupted?.(error);
    },
    onOpen: () => hearing.setWatch(undefined),
  };
  const run = async (): Promise<void> => {
    for await (const event of follow<T>(getResource, options, deps, controller.signal)) {
      const told: AcrossEvent<T> =
        event.type === 'SYNCED'
          ? { type: 'SYNCED', cluster }
          : { type: event.type, cluster, object: event.object };
      if (controller.signal.aborted || !(await channel.put(told))) return;
    }
  };
  channel.note({ type: 'JOINED', cluster });
  run()
    .catch((error: unknown) => channel.note({ type: 'SILENT', cluster, error }))
    .finally(() => signal.removeEventListener('abort', stop));
  return { name: cluster, hearing, stop };
}
