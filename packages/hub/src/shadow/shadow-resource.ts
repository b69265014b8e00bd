import { createConflict, createNotFound, createStoredResource } from '@clusternet/apiserver';
import type {
  DeleteOptions,
  DeleteResult,
  RegistryDeps,
  StoredResource,
  StoredResourceDefinition,
} from '@clusternet/apiserver';
import type { KubeObject } from '@clusternet/kube-data';
import type { ManifestStorage } from './manifest-storage.ts';
import { isUnchecked } from './shadow-strategy.ts';

export interface ShadowResourceDeps extends Omit<RegistryDeps, 'admit' | 'storage' | 'validate'> {
  readonly storage: ManifestStorage;
}

/** Webhooks of the parent have their say in the dry run. */
const ADMIT_ALL: RegistryDeps['admit'] = () => Promise.resolve();

/**
 * One kind of template. What is annotated to skip validation is held against no schema; deleting is left to the Manifest,
 * whose finalizers are those that count.
 */
export function createShadowResource(
  deps: ShadowResourceDeps,
  definition: StoredResourceDefinition,
): StoredResource {
  const { storage } = deps;
  const registryDeps: RegistryDeps = { ...deps, admit: ADMIT_ALL };
  const { schema: _schema, ...unchecked } = definition;
  const checked = createStoredResource(registryDeps, definition);
  const loose = createStoredResource(registryDeps, unchecked);
  const keyOf = (namespace: string, name: string) => ({
    resource: definition.storageResource,
    namespace,
    name,
  });

  const deleteOne: StoredResource['delete'] = async (namespace, name, options, context) => {
    const key = keyOf(namespace, name);
    const live = await storage.get(key);
    if (live !== undefined) assertPreconditions(definition, live, options);
    const { resourceVersion } = options.preconditions ?? {};
    const { propagationPolicy } = options;
    const isThere =
      live !== undefined &&
      (context.dryRun ||
        (await storage.deleteManifest(key, {
          ...(live.metadata.uid === undefined ? {} : { uid: live.metadata.uid }),
          ...(resourceVersion === undefined ? {} : { resourceVersion }),
          ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
        })));
    if (!isThere && options.isOfMany !== true) throw createNotFound(definition, name);
    return createSuccess(definition, name, live?.metadata.uid ?? '');
  };

  return {
    ...checked,
    create: (namespace, object, context) =>
      (hasMetadata(object) && isUnchecked(object) ? loose : checked).create(namespace, object, context),
    update(request, context) {
      const live = storage.peek(keyOf(request.namespace, request.name));
      return (live !== undefined && isUnchecked(live) ? loose : checked).update(request, context);
    },
    delete: deleteOne,
    async deleteCollection(namespace, selection, options, context) {
      const { items } = await checked.list(namespace, selection);
      for (const { metadata } of items) {
        await deleteOne(
          metadata.namespace ?? '',
          metadata.name ?? '',
          { ...options, isOfMany: true },
          context,
        );
      }
      return items;
    },
  };
}

/** What comes from a client may lack what its type says. */
function hasMetadata(object: Partial<KubeObject>): boolean {
  return object.metadata !== undefined;
}

function assertPreconditions(
  definition: StoredResourceDefinition,
  { metadata }: KubeObject,
  { preconditions = {} }: DeleteOptions,
): void {
  const { uid, resourceVersion } = preconditions;
  const differs = (what: string, asked: string, found: string | undefined): never => {
    const reason = `the ${what} in the precondition (${asked}) does not match the ${what} in record (${found ?? ''}). The object might have been`;
    const rest = what === 'UID' ? 'deleted and then recreated' : 'modified';
    throw createConflict(definition, metadata.name ?? '', `${reason} ${rest}`);
  };
  if (uid !== undefined && uid !== metadata.uid) differs('UID', uid, metadata.uid);
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    differs('ResourceVersion', resourceVersion, metadata.resourceVersion);
}

/** A Status even while finalizers keep the object, as from a Go hub. */
function createSuccess(
  { group, resource }: StoredResourceDefinition,
  name: string,
  uid: string,
): DeleteResult {
  const details = {
    name,
    ...(group === '' ? {} : { group }),
    kind: resource,
    ...(uid === '' ? {} : { uid }),
  };
  return {
    isGone: true,
    answer: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details },
  };
}
