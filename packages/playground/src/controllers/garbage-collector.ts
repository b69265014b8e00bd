import type { StorageWatch, StoredResource } from '@clusternet/apiserver';
import { cloneJson, equalJson, parseApiVersion } from '@clusternet/kube-data';
import type { KubeObject, OwnerReference } from '@clusternet/kube-data';
import { createSystemContext } from '../control-plane/system-context.ts';
import { startLocalController } from './local-controller.ts';
import type { LocalControllerDeps } from './local-controller.ts';
import { orUndefined, readOrUndefined } from './read-or-undefined.ts';

/** One object that the collector knows of. */
interface Node {
  readonly resource: StoredResource;
  readonly namespace: string;
  readonly name: string;
  object: KubeObject;
}

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

/**
 * Deletes what has lost its owners; answers to the finalizers `foregroundDeletion` and `orphan`. Owners of kinds
 * that are not stored here are left alone, and so is what belongs to them.
 */
export function startGarbageCollector(deps: LocalControllerDeps): AsyncDisposable {
  const { api, storage } = deps;
  const context = createSystemContext('garbage-collector');
  const nodes = new Map<string, Node>();
  const dependents = new Map<string, Set<string>>();
  const watches = new Map<string, StorageWatch>();

  const loop = startLocalController(deps, { name: 'garbage-collector', watches: [], reconcile });

  const link = (uid: string, owners: readonly OwnerReference[] | undefined): void => {
    for (const { uid: owner } of owners ?? []) {
      const known = dependents.get(owner);
      if (known === undefined) dependents.set(owner, new Set([uid]));
      else known.add(uid);
    }
  };
  const unlink = (uid: string, owners: readonly OwnerReference[] | undefined): void => {
    for (const { uid: owner } of owners ?? []) {
      const known = dependents.get(owner);
      known?.delete(uid);
      if (known?.size === 0) dependents.delete(owner);
    }
  };

  const follow = (resource: StoredResource): void => {
    const { storageResource } = resource.definition;
    if (watches.has(storageResource) || storageResource === 'events') return;
    const scope = { resource: storageResource, namespace: '' };
    const accept = (object: KubeObject, isGone: boolean): void => {
      const { uid = '', namespace = '', name = '' } = object.metadata;
      const before = nodes.get(uid);
      unlink(uid, before?.object.metadata.ownerReferences);
      if (isGone) {
        nodes.delete(uid);
        for (const dependent of dependents.get(uid) ?? []) loop.enqueue(dependent);
        for (const { uid: owner } of object.metadata.ownerReferences ?? []) loop.enqueue(owner);
        return;
      }
      nodes.set(uid, { resource, namespace, name, object });
      link(uid, object.metadata.ownerReferences);
      if (
        (object.metadata.ownerReferences?.length ?? 0) > 0 ||
        object.metadata.deletionTimestamp !== undefined
      )
        loop.enqueue(uid);
      if (before !== undefined && before.object.metadata.ownerReferences !== undefined) {
        for (const { uid: owner } of before.object.metadata.ownerReferences) loop.enqueue(owner);
      }
    };
    const from = storage.getResourceVersion();
    void storage.list(scope).then(({ items }) => {
      for (const item of items) if (!nodes.has(item.metadata.uid ?? '')) accept(item, false);
    });
    watches.set(
      storageResource,
      storage.watch(scope, from, ({ type, object }) => accept(object, type === 'DELETED')),
    );
  };
  for (const resource of api.list()) follow(resource);
  const stopFollowing = api.onAdd(follow);

  async function reconcile(uid: string): Promise<undefined> {
    const node = nodes.get(uid);
    if (node === undefined) return undefined;
    const { metadata } = node.object;
    const finalizers = metadata.finalizers ?? [];
    if (metadata.deletionTimestamp !== undefined) {
      if (finalizers.includes(ORPHAN)) await orphanDependents(uid, node);
      else if (finalizers.includes(FOREGROUND)) await deleteDependents(uid, node);
      return undefined;
    }
    await collect(uid, node);
    return undefined;
  }

  /** Whether an owner is there; undefined when this control plane cannot know. */
  const isPresent = (owner: OwnerReference, dependent: Node): boolean | undefined => {
    const found = nodes.get(owner.uid);
    if (found !== undefined) return found.namespace === '' || found.namespace === dependent.namespace;
    const { group } = parseApiVersion(owner.apiVersion);
    const isKnown = api
      .list()
      .some(({ definition }) => definition.group === group && definition.kind === owner.kind);
    return isKnown ? false : undefined;
  };

  async function collect(uid: string, node: Node): Promise<void> {
    const owners = node.object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const present = owners.map((owner) => isPresent(owner, node));
    if (present.every((state) => state !== false)) return;
    if (present.every((state) => state === false)) {
      // Looked at again, since the last word on the owners may be on its way.
      const live = await readOrUndefined(node.resource, node.namespace, node.name);
      if (live?.metadata.uid !== uid || !equalJson(live.metadata.ownerReferences, owners)) return;
      if (await isOwnerStored(owners)) return;
      await orUndefined(
        node.resource.delete(
          node.namespace,
          node.name,
          { preconditions: { uid }, propagationPolicy: 'Background' },
          context,
        ),
      );
      return;
    }
    const gone = new Set(owners.filter((_, index) => present[index] === false).map((owner) => owner.uid));
    await dropOwners(node, gone);
  }

  /** Asks the storage itself, since the picture here may lag behind it. */
  async function isOwnerStored(owners: readonly OwnerReference[]): Promise<boolean> {
    for (const owner of owners) {
      const { group } = parseApiVersion(owner.apiVersion);
      const resource = api
        .list()
        .find(({ definition }) => definition.group === group && definition.kind === owner.kind);
      const { items } =
        resource === undefined
          ? { items: [] }
          : await resource.list('', { fieldSelector: `metadata.name=${owner.name}` });
      if (items.some((item) => item.metadata.uid === owner.uid)) return true;
    }
    return false;
  }

  async function dropOwners(node: Node, gone: ReadonlySet<string>): Promise<void> {
    const produce = (live: KubeObject | undefined): KubeObject => {
      const next = cloneJson(live ?? node.object);
      const left = (next.metadata.ownerReferences ?? []).filter(({ uid }) => !gone.has(uid));
      if (left.length === 0) delete next.metadata.ownerReferences;
      else next.metadata.ownerReferences = left;
      return next;
    };
    await orUndefined(
      node.resource.update({ namespace: node.namespace, name: node.name, subresource: '', produce }, context),
    );
  }

  async function orphanDependents(uid: string, node: Node): Promise<void> {
    for (const dependent of listDependents(uid)) await dropOwners(dependent, new Set([uid]));
    await dropFinalizer(node, ORPHAN);
  }

  async function deleteDependents(uid: string, node: Node): Promise<void> {
    const blocking = listDependents(uid).filter(({ object }) =>
      object.metadata.ownerReferences?.some(
        (owner) => owner.uid === uid && owner.blockOwnerDeletion === true,
      ),
    );
    for (const dependent of listDependents(uid)) {
      if (dependent.object.metadata.deletionTimestamp !== undefined) continue;
      const owners = dependent.object.metadata.ownerReferences ?? [];
      const hasOther = owners.some((owner) => owner.uid !== uid && isPresent(owner, dependent) === true);
      if (hasOther) await dropOwners(dependent, new Set([uid]));
      else {
        const options = {
          propagationPolicy: 'Foreground' as const,
          preconditions: { uid: dependent.object.metadata.uid ?? '' },
        };
        await orUndefined(dependent.resource.delete(dependent.namespace, dependent.name, options, context));
      }
    }
    // Each dependent that goes wakes its owner up again.
    if (blocking.length === 0) await dropFinalizer(node, FOREGROUND);
  }

  function listDependents(uid: string): Node[] {
    return [...(dependents.get(uid) ?? [])].map((id) => nodes.get(id)).filter((node) => node !== undefined);
  }

  async function dropFinalizer(node: Node, finalizer: string): Promise<void> {
    const produce = (live: KubeObject | undefined): KubeObject => {
      const next = cloneJson(live ?? node.object);
      const left = (next.metadata.finalizers ?? []).filter((item) => item !== finalizer);
      if (left.length === 0) delete next.metadata.finalizers;
      else next.metadata.finalizers = left;
      return next;
    };
    await orUndefined(
      node.resource.update({ namespace: node.namespace, name: node.name, subresource: '', produce }, context),
    );
  }

  return {
    async [Symbol.asyncDispose]() {
      stopFollowing();
      for (const watch of watches.values()) watch.close();
      await loop[Symbol.asyncDispose]();
    },
  };
}
