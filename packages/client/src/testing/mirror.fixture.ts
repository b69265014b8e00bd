import type { KubeObject } from '@clusternet/kube-data';
import { createFakeClock, createFakeRandom } from '@clusternet/runtime/fakes';
import type { FakeClock } from '@clusternet/runtime/fakes';
import type { LogFields, Logger } from '@clusternet/runtime';
import { createFakeApi } from '../fakes/index.ts';
import type { FakeApi } from '../fakes/index.ts';
import { createKubeClient } from '../kube-client.ts';
import { runReflector } from '../reflector.ts';
import type { ReflectorOptions, ReflectorSink } from '../reflector.ts';

export const configMaps = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
} as const;

/** A reflector of ConfigMaps on a fake API with a clock that the test moves. */
export interface MirrorSetup extends AsyncDisposable {
  readonly api: FakeApi;
  readonly clock: FakeClock;
  readonly objects: ReadonlyMap<string, KubeObject>;
  /** Level and message of each line. */
  readonly lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[];
  /** What `onError` was told. */
  readonly errors: unknown[];
  syncs: number;
  put(name: string, data?: Record<string, string>): void;
  remove(name: string): void;
  /** Lets what is under way happen. */
  settle(): Promise<void>;
  lists(): number;
  watches(): (string | null)[];
}

export function pathOf(name: string): string {
  return `/api/v1/namespaces/ns/configmaps/${name}`;
}

export interface MirrorFaults {
  readonly sink?: Partial<ReflectorSink<KubeObject>>;
  readonly options?: ReflectorOptions;
  /** Names that are there from the start. */
  readonly given?: readonly string[];
  readonly api?: FakeApi;
}

export async function startMirror(faults: MirrorFaults = {}): Promise<MirrorSetup> {
  const api = faults.api ?? createFakeApi();
  const clock = createFakeClock();
  const objects = new Map<string, KubeObject>();
  const lines: MirrorSetup['lines'] = [];
  const log = createRecordingLogger(lines);
  const errors: unknown[] = [];
  const controller = new AbortController();
  const put = (name: string, data: Record<string, string> = {}): void => {
    const metadata = { name, namespace: 'ns' };
    api.store.put(pathOf(name), { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
  };
  for (const name of faults.given ?? []) put(name);
  const sink: ReflectorSink<KubeObject> = {
    replace: (all, resourceVersion) => {
      faults.sink?.replace?.(all, resourceVersion);
      objects.clear();
      for (const object of all) objects.set(object.metadata.name ?? '', object);
    },
    upsert: (object) => {
      faults.sink?.upsert?.(object);
      objects.set(object.metadata.name ?? '', object);
    },
    remove: (object) => {
      faults.sink?.remove?.(object);
      objects.delete(object.metadata.name ?? '');
    },
  };
  const resource = createKubeClient(api.transport).resource(configMaps);
  const setup: Omit<MirrorSetup, typeof Symbol.asyncDispose> = {
    api,
    clock,
    objects,
    lines,
    errors,
    syncs: 0,
    put,
    remove: (name) => {
      api.store.remove(pathOf(name));
    },
    settle: () => clock.advance(0).then(() => clock.advance(0)),
    lists: () => api.requests.filter(({ query }) => query.get('watch') === null).length,
    watches: () =>
      api.requests
        .filter(({ query }) => query.get('watch') !== null)
        .map(({ query }) => query.get('resourceVersion')),
  };
  const running = runReflector(
    { resource, sink, clock, random: createFakeRandom(), log },
    {
      onSynced: () => (setup.syncs += 1),
      onError: (error) => errors.push(error),
      ...faults.options,
    },
    controller.signal,
  );
  await setup.settle();
  return Object.assign(setup, {
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await running;
      if (clock.pending() > 0) throw new Error(`${clock.pending()} timers are left`);
      if (api.openWatches > 0) throw new Error(`${api.openWatches} watches are left`);
    },
  });
}

function createRecordingLogger(lines: MirrorSetup['lines']): Logger {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  const log: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  };
  return log;
}
