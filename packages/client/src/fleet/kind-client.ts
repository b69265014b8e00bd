import type { KubeObject } from '@clusternet/kube-data';
import type { KubeClient, ResourceClient } from '../kube-client.ts';
import { PAGE_SIZE } from '../reflector.ts';
import type { ListOptions, ObjectList, PatchOptions, ResourceRef } from '../resource.ts';
import { follow } from './follow.ts';
import type { FollowDeps, FollowEvent, FollowOptions } from './follow.ts';
import type { ParsedKind } from './kinds.ts';

/** Objects of one kind in one API. Every call throws `ApiError`, and takes a signal last. */
export interface KindClient<T extends KubeObject = KubeObject> extends Omit<
  ResourceClient<T>,
  'apply' | 'ref' | 'watch'
> {
  /** Where the kind lives. Asks the API once, unless it is known. @throws {ApiError} `UNKNOWN_KIND` */
  ref(signal?: AbortSignal): Promise<ResourceRef>;
  /** All objects of a selection, page by page. */
  items(options?: Omit<ListOptions, 'continueToken'>, signal?: AbortSignal): AsyncIterable<T>;
  /**
   * What there is, then what happens, for as long as one looks: a watch that is lost resumes where it was, and one
   * that came too late is made good by a list. Ends in peace when `signal` aborts.
   */
  watch(options?: FollowOptions, signal?: AbortSignal): AsyncIterable<FollowEvent<T>>;
  /** Server-side apply. @param object - just the fields that the manager wants; it needs a name */
  apply(object: T, options?: PatchOptions, signal?: AbortSignal): Promise<T>;
}

export interface KindClientDeps extends FollowDeps {
  readonly client: KubeClient;
  /** Who writes, where a call does not say. */
  readonly fieldManager: string;
}

/** Creates a client of one kind; sends nothing until asked. */
export function createKindClient<T extends KubeObject>(
  deps: KindClientDeps,
  which: ParsedKind,
): KindClient<T> {
  const { client, fieldManager } = deps;
  const ref = (signal?: AbortSignal): Promise<ResourceRef> =>
    which.kind === 'known'
      ? Promise.resolve(which.ref)
      : client.discovery.resolve(which.apiVersion, which.name, signal);
  const resource = async (signal?: AbortSignal): Promise<ResourceClient<T>> =>
    client.resource<T>(await ref(signal));
  const asUs = <O extends object>(options: O | undefined): O & { readonly fieldManager: string } => ({
    fieldManager,
    ...(options as O),
  });

  return {
    ref,
    get: async (object, signal) => (await resource(signal)).get(object, signal),
    list: async (options, signal) => (await resource(signal)).list(options, signal),
    items: async function* (options = {}, signal) {
      const target = await resource(signal);
      let page: ObjectList<T> | undefined;
      do {
        const continueToken = page?.continueToken;
        const where = { limit: PAGE_SIZE, ...options };
        page = await target.list(continueToken === undefined ? where : { ...where, continueToken }, signal);
        yield* page.items;
      } while (page.continueToken !== '');
    },
    watch: (options = {}, signal) => follow(resource, options, deps, signal),
    create: async (object, options, signal) => (await resource(signal)).create(object, asUs(options), signal),
    update: async (object, options, signal) => (await resource(signal)).update(object, asUs(options), signal),
    patch: async (object, kind, body, options, signal) =>
      (await resource(signal)).patch(object, kind, body, asUs(options), signal),
    apply: async (object, options, signal) => (await resource(signal)).apply(object, asUs(options), signal),
    delete: async (object, options, signal) => (await resource(signal)).delete(object, options, signal),
    deleteCollection: async (options, signal) => (await resource(signal)).deleteCollection(options, signal),
  };
}
