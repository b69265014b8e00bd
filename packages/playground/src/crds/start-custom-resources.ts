import {
  createCustomDefinitions,
  createStoredResource,
  formatTimestamp,
  serveStoredResource,
} from '@clusternet/apiserver';
import type { ApiRegistry, RegistryDeps, StoredResource, WatchServing } from '@clusternet/apiserver';
import { cloneJson } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { backoffMs, errorText } from '@clusternet/runtime';
import { registerLocalService, unregisterLocalService } from '../aggregation/register-local-services.ts';
import { ensureObject, objectAt, objectsAt, textAt, textsAt } from '../built-in/fields.ts';
import type { LocalApi } from '../control-plane/local-api.ts';
import { createSystemContext } from '../control-plane/system-context.ts';
import { orUndefined } from '../controllers/read-or-undefined.ts';
import type { BuiltInApi } from '../load-built-in-api.ts';
import { CLEANUP_FINALIZER } from './crd-strategy.ts';

export interface CustomResourcesDeps {
  readonly deps: RegistryDeps;
  readonly serving: WatchServing;
  readonly registry: ApiRegistry;
  readonly api: LocalApi;
  readonly builtIn: BuiltInApi;
}

const CRDS = 'customresourcedefinitions.apiextensions.k8s.io';
const GROUP = 'apiextensions.k8s.io';

/**
 * Serves what CustomResourceDefinitions define. A kind is served as soon as its definition is stored: the write
 * that makes a definition returns after that.
 */
export function startCustomResources(parts: CustomResourcesDeps): AsyncDisposable {
  const { deps, registry, api } = parts;
  const context = createSystemContext('kube-apiserver');
  const installed = new Map<string, readonly StoredResource[]>();
  const timers = new Set<() => void>();
  let isStopped = false;

  const uninstall = (name: string): void => {
    for (const { definition } of installed.get(name) ?? []) {
      registry.remove(definition);
      api.remove(definition.group, definition.version, definition.resource);
    }
    installed.delete(name);
  };

  const install = (crd: KubeObject): void => {
    const name = crd.metadata.name ?? '';
    uninstall(name);
    const resources = createCustomDefinitions(crd, parts.builtIn.definitions).map((definition) =>
      createStoredResource(deps, definition),
    );
    for (const resource of resources) {
      api.add(resource);
      registry.add(serveStoredResource(parts.serving, resource));
    }
    installed.set(name, resources);
  };

  const update = async (
    crd: KubeObject,
    subresource: string,
    change: (next: KubeObject) => void,
  ): Promise<void> => {
    const name = crd.metadata.name ?? '';
    const produce = (live: KubeObject | undefined): KubeObject => {
      const next = cloneJson(live ?? crd);
      change(next);
      return next;
    };
    await orUndefined(
      api
        .of(GROUP, 'customresourcedefinitions')
        .update({ namespace: '', name, subresource, produce }, context),
    );
  };

  const establish = (crd: KubeObject): Promise<void> =>
    update(crd, 'status', (next) => {
      const status = ensureObject(next as unknown as JsonObject, 'status');
      const spec = objectAt(next, 'spec');
      status['acceptedNames'] = objectAt(spec, 'names') ?? {};
      const stored = textAt(
        objectsAt(spec, 'versions').find((version) => version['storage'] === true),
        'name',
      );
      const known = textsAt(status, 'storedVersions');
      status['storedVersions'] = known.includes(stored) ? known : [...known, stored];
      const at = formatTimestamp(deps.clock.nowMs());
      setCondition(
        status,
        { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
        at,
      );
      setCondition(
        status,
        {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        },
        at,
      );
    });

  const finalize = async (crd: KubeObject, attempt: number): Promise<void> => {
    const [resource] = installed.get(crd.metadata.name ?? '') ?? [];
    if (resource !== undefined) {
      await resource.deleteCollection('', {}, { propagationPolicy: 'Background' }, context);
      if ((await resource.list('')).items.length > 0) {
        const cancel = deps.clock.schedule(backoffMs(attempt, 0, { baseMs: 20, maxMs: 1000 }), () => {
          timers.delete(cancel);
          run(finalize(crd, attempt + 1), crd);
        });
        timers.add(cancel);
        return;
      }
    }
    await update(crd, '', (next) => {
      next.metadata.finalizers = (next.metadata.finalizers ?? []).filter(
        (item) => item !== CLEANUP_FINALIZER,
      );
    });
  };

  /** Shows the groups and versions of a definition as APIServices, or no longer. */
  const announce = async (crd: KubeObject): Promise<void> => {
    const spec = objectAt(crd, 'spec');
    const group = textAt(spec, 'group');
    const served = new Set(
      registry
        .listResources()
        .filter(({ names }) => names.group === group)
        .map(({ names }) => names.version),
    );
    for (const item of objectsAt(spec, 'versions')) {
      const version = textAt(item, 'name');
      if (served.has(version)) await registerLocalService(api, group, version);
      else await unregisterLocalService(api, group, version);
    }
  };

  const run = (work: Promise<void>, crd: KubeObject): void => {
    void work.catch((error: unknown) => {
      if (!isStopped)
        deps.log.warn('custom resource definition failed', {
          name: crd.metadata.name,
          error: errorText(error),
        });
    });
  };

  const watch = deps.storage.watch({ resource: CRDS, namespace: '' }, 0, ({ type, object, previous }) => {
    if (type === 'DELETED') {
      uninstall(object.metadata.name ?? '');
      queueMicrotask(() => run(announce(object), object));
      return;
    }
    const isNew = previous === undefined || previous.metadata.generation !== object.metadata.generation;
    if (object.metadata.deletionTimestamp !== undefined) {
      if (previous?.metadata.deletionTimestamp === undefined) run(finalize(object, 1), object);
      return;
    }
    if (!isNew) return;
    install(object);
    // The status is a write of its own, after the one that is being told of here.
    queueMicrotask(() =>
      run(
        establish(object).then(() => announce(object)),
        object,
      ),
    );
  });

  return {
    [Symbol.asyncDispose]() {
      isStopped = true;
      watch.close();
      for (const cancel of timers) cancel();
      return Promise.resolve();
    },
  };
}

function setCondition(status: JsonObject, condition: JsonObject, at: string): void {
  const conditions = objectsAt(status, 'conditions');
  const known = conditions.find((item) => item['type'] === condition['type']);
  if (known?.['status'] === condition['status']) return;
  const rest = conditions.filter((item) => item !== known);
  status['conditions'] = [...rest, { ...condition, lastTransitionTime: at }];
}
