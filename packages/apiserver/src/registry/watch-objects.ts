import type { KubeObject } from '@clusternet/kube-data';
import { createStatus, isApiError } from '../errors/api-error.ts';
import type { Status } from '../errors/api-error.ts';
import type { StorageEvent, StorageWatch } from '../storage/storage.ts';
import type { StoredResourceDefinition } from './definition.ts';
import {
  assertReached,
  createFilter,
  createScope,
  createUnexplained,
  parseResourceVersion,
} from './read-objects.ts';
import type { ListOptions, ObjectFilter } from './read-objects.ts';
import type { RegistryDeps } from './write-pipeline.ts';

/** What a watch asks for. */
export interface WatchOptions extends ListOptions {
  readonly allowBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
}

/** What a watch delivers. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'DELETED' | 'MODIFIED'; readonly object: KubeObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly endsInitialEvents: boolean }
  | { readonly type: 'ERROR'; readonly status: Status };

export type WatchSink = (event: WatchEvent) => void;

/** A watch under way. */
export interface ObjectWatch {
  /** The resource version up to which everything has been delivered. */
  getResourceVersion(): string;
  close(): void;
}

/**
 * Watches objects. What is there comes first unless a resource version to resume from is given. A version that
 * is no longer remembered gives an `ERROR` event, as in Kubernetes.
 *
 * @throws {ApiError} `BadRequest` for selectors that do not parse, `Timeout` for a version in the future
 */
export function watchObjects(
  deps: RegistryDeps,
  definition: StoredResourceDefinition,
  namespace: string,
  options: WatchOptions,
  sink: WatchSink,
): ObjectWatch {
  const { storage } = deps;
  const filter = createFilter(definition, options);
  const requested = options.resourceVersion ?? '';
  const version =
    requested === '' || requested === '0' ? undefined : parseResourceVersion(requested, createUnexplained);
  const wantsState = options.sendInitialEvents ?? version === undefined;
  if (version !== undefined && wantsState) assertReached(storage, version);
  const scope = createScope(definition, namespace, options);
  const deliver = createDelivery(definition, { filter, after: wantsState ? 0 : (version ?? 0) }, sink);
  let inner: StorageWatch | undefined;
  let isClosed = false;

  const follow = (from: number): void => {
    try {
      inner = storage.watch(scope, from, deliver);
    } catch (error) {
      if (!isApiError(error, 'Expired')) throw error;
      sink({ type: 'ERROR', status: createStatus(error) });
    }
  };
  // A version that is still to come is waited for: nothing is told of what comes before it.
  const current = storage.getResourceVersion();
  if (!wantsState) follow(Math.min(version ?? current, current));
  else {
    void sendState().catch((error: unknown) => {
      deps.log.error('watch could not list', { resource: definition.resource, error });
    });
  }

  async function sendState(): Promise<void> {
    const state = await storage.list(scope);
    if (isClosed) return;
    for (const stored of state.items) {
      const object = definition.fromStorage?.(stored) ?? stored;
      if (filter?.(object) !== false) sink({ type: 'ADDED', object });
    }
    if (options.sendInitialEvents === true && options.allowBookmarks === true) {
      sink({ type: 'BOOKMARK', resourceVersion: String(state.resourceVersion), endsInitialEvents: true });
    }
    follow(state.resourceVersion);
  }

  return {
    getResourceVersion: () => String(storage.getResourceVersion()),
    close: () => {
      isClosed = true;
      inner?.close();
    },
  };
}

/** Turns changes of objects into changes of what is selected. */
function createDelivery(
  definition: StoredResourceDefinition,
  { filter, after }: { readonly filter: ObjectFilter; readonly after: number },
  sink: WatchSink,
): (event: StorageEvent) => void {
  const convert = (object: KubeObject): KubeObject => definition.fromStorage?.(object) ?? object;
  return ({ type, object, previous, resourceVersion }) => {
    if (resourceVersion <= after) return;
    const next = convert(object);
    if (filter === undefined) {
      sink({ type, object: next });
      return;
    }
    const before = previous === undefined ? undefined : convert(previous);
    const was = before !== undefined && filter(before);
    const is = type !== 'DELETED' && filter(next);
    if (is) sink({ type: was ? 'MODIFIED' : 'ADDED', object: next });
    else if (was) {
      // It leaves the selection as it last was in it, numbered by the change that took it out.
      const metadata = { ...before.metadata, resourceVersion: String(resourceVersion) };
      sink({ type: 'DELETED', object: { ...before, metadata } });
    }
  };
}
