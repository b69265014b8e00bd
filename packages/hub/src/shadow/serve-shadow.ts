import { ApiError, createStoredResource, serveStoredResource } from '@clusternet/apiserver';
import type {
  ApiRequest,
  ServedResource,
  Storage,
  StoredResource,
  StoredResourceDefinition,
  WatchServing,
} from '@clusternet/apiserver';
import { createShadowResource } from './shadow-resource.ts';
import type { ShadowResourceDeps } from './shadow-resource.ts';
import { SHADOW } from './shadow-kind.ts';

export interface ServeShadowDeps extends ShadowResourceDeps {
  readonly serving: WatchServing;
}

const CATEGORY = 'clusternet.shadow';

/**
 * Controllers of the parent that clean up after namespaces and owners, or count. To them templates are none of the parent's
 * objects: they see nothing, and what they delete is nothing.
 */
const PARENT_CONTROLLERS: ReadonlySet<string> = new Set([
  'system:kube-controller-manager',
  'system:serviceaccount:kube-system:generic-garbage-collector',
  'system:serviceaccount:kube-system:namespace-controller',
  'system:serviceaccount:kube-system:resourcequota-controller',
]);

/**
 * Serves a kind of the parent under `shadow/v1alpha1`.
 * @param isOver - aborts when the kind is served no longer, or otherwise: watches end then, writes do not
 */
export function serveShadow(
  deps: ServeShadowDeps,
  definition: StoredResourceDefinition,
  options: { readonly isOver: AbortSignal; readonly schemaName?: string },
): ServedResource {
  const { schemaName, isOver } = options;
  const named = schemaName === undefined ? {} : { schemaName };
  const templates = serveStoredResource(deps.serving, createShadowResource(deps, definition), named);
  const nothing = serveStoredResource(deps.serving, createNothing(deps, definition));
  return {
    ...templates,
    // Short names stay those of the parent's own kinds: with two of them kubectl would warn everybody, each time.
    names: { ...definition, ...SHADOW, shortNames: [], categories: [CATEGORY] },
    objectVersion: { group: definition.group, version: definition.version },
    subresources: templates.subresources.filter(({ name }) => name === 'scale'),
    async handle(request, response, signal) {
      assertNoSubresource(request, definition);
      const served = PARENT_CONTROLLERS.has(request.user.name) ? nothing : templates;
      if (request.method !== 'GET') {
        await served.handle(request, response, signal); // a write under way is finished
        return;
      }
      const either = new AbortController();
      const end = (): void => {
        either.abort();
      };
      for (const each of [signal, isOver]) each.addEventListener('abort', end, { once: true });
      try {
        if (signal.aborted || isOver.aborted) end();
        await served.handle(request, response, either.signal);
      } finally {
        for (const each of [signal, isOver]) each.removeEventListener('abort', end);
      }
    },
  };
}

/** @throws {ApiError} `MethodNotAllowed`: a template has no state, no logs and nobody to talk to */
function assertNoSubresource({ info }: ApiRequest, { resource, scale }: StoredResourceDefinition): void {
  const { subresource, verb } = info;
  if (subresource === '' || (subresource === 'scale' && scale !== undefined)) return;
  throw new ApiError(
    'MethodNotAllowed',
    `${resource} are considered as templates, which make no sense to ${verb} templates' ${subresource}`,
    { name: info.name, kind: resource },
  );
}

/** A kind without objects, at the same resource version. */
function createNothing(deps: ShadowResourceDeps, definition: StoredResourceDefinition): StoredResource {
  const getResourceVersion = (): number => deps.storage.getResourceVersion();
  const storage: Storage = {
    getResourceVersion,
    get: () => Promise.resolve(undefined),
    list: () => Promise.resolve({ items: [], resourceVersion: getResourceVersion(), remaining: 0 }),
    create: () => Promise.resolve(undefined),
    replace: () => Promise.resolve(undefined),
    delete: () => Promise.resolve(undefined),
    watch: () => ({ close: () => undefined }),
  };
  return createStoredResource({ ...deps, storage, admit: () => Promise.resolve() }, definition);
}
