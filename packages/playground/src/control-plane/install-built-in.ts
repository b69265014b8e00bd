import { createStoredResource, serveStoredResource } from '@clusternet/apiserver';
import type {
  Admission,
  ApiRegistry,
  CustomSubresource,
  RegistryDeps,
  WatchServing,
} from '@clusternet/apiserver';
import { createBuiltInDefinitions, isReview } from '../built-in/definitions.ts';
import type { BuiltInApi } from '../load-built-in-api.ts';
import { createReviewResource } from '../reviews/review-resource.ts';
import type { ReviewAnswer } from '../reviews/review-resource.ts';
import type { LocalApi } from './local-api.ts';

/** What the built-in resources need from the rest of the control plane. */
export interface BuiltInParts {
  readonly deps: RegistryDeps;
  readonly serving: WatchServing;
  readonly registry: ApiRegistry;
  readonly api: LocalApi;
  /** Subresources with code of their own, by `group/resource`. */
  readonly subresources: ReadonlyMap<string, readonly CustomSubresource[]>;
  readonly reviews: ReadonlyMap<string, ReviewAnswer>;
  /** Both phases of admission, for what is not stored. */
  readonly admit: Admission;
}

/** Serves everything that is built into Kubernetes. */
export function installBuiltIn(builtIn: BuiltInApi, parts: BuiltInParts): void {
  const { registry, api, subresources, reviews } = parts;
  const byKey = new Map(
    builtIn.resources.map((resource) => [`${resource.group}/${resource.resource}`, resource]),
  );
  for (const definition of createBuiltInDefinitions(builtIn)) {
    const key = `${definition.group}/${definition.resource}`;
    const source = byKey.get(key);
    const resource = createStoredResource(parts.deps, definition);
    api.add(resource);
    const custom = subresources.get(key);
    registry.add(
      serveStoredResource(parts.serving, resource, {
        ...(custom === undefined ? {} : { subresources: custom }),
        ...(source === undefined ? {} : { verbs: source.verbs }),
        ...(source?.schema === undefined ? {} : { schemaName: source.schema }),
      }),
    );
  }
  for (const resource of builtIn.resources.filter(isReview)) {
    const answer = reviews.get(resource.resource);
    const schema = resource.schema === undefined ? undefined : builtIn.definitions.get(resource.schema);
    if (answer !== undefined)
      registry.add(createReviewResource(resource, schema, { answer, admit: parts.admit }));
  }
  setPriorities(registry);
}

const GROUP_ORDER = [
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
];

function setPriorities(registry: ApiRegistry): void {
  for (const [index, group] of GROUP_ORDER.entries()) {
    registry.setPriority(group, group === 'autoscaling' ? 'v2' : 'v1', {
      group: 20_000 - index * 100,
      version: 15,
    });
  }
}
