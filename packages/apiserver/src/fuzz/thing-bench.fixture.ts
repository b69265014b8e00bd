import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import { createPatch } from '../patch/create-patch.ts';
import type { StoredResourceDefinition, WriteContext } from '../registry/definition.ts';
import { createStoredResource } from '../registry/stored-resource.ts';
import type { StoredResource } from '../registry/stored-resource.ts';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';
import { createMemoryStorage } from '../storage/memory-storage.ts';

const text: OpenApiSchema = { type: 'string' };

/** A kind with a field of each structure that server-side apply knows. */
const schema: OpenApiSchema = {
  type: 'object',
  properties: {
    apiVersion: text,
    kind: text,
    metadata: {
      type: 'object',
      properties: {
        name: text,
        namespace: text,
        uid: text,
        resourceVersion: text,
        generation: { type: 'integer' },
        creationTimestamp: text,
        labels: { type: 'object', additionalProperties: text },
        managedFields: {
          type: 'array',
          items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
    spec: {
      type: 'object',
      properties: {
        color: text,
        size: { type: 'integer' },
        labels: { type: 'object', additionalProperties: text },
        exact: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { a: text, b: text } },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
        plain: { type: 'array', items: text },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port'],
          items: {
            type: 'object',
            required: ['port'],
            properties: { port: { type: 'integer' }, name: text, color: text },
          },
        },
      },
    },
  },
};

export const THING: StoredResourceDefinition = {
  group: 'example.com',
  version: 'v1',
  resource: 'things',
  singular: 'thing',
  kind: 'Thing',
  listKind: 'ThingList',
  namespaced: true,
  storageResource: 'things.example.com',
  dialect: 'custom',
  schema,
  strategy: {},
  hasStatus: false,
  scale: { specReplicas: 'spec.size', statusReplicas: 'spec.size' },
};

/** Things that are stored, and who writes them. */
export interface ThingBench {
  readonly things: StoredResource;
  /** Applies a configuration as a manager; one of nothing, if undefined. */
  apply(manager: string, spec: JsonObject | undefined, force?: boolean): Promise<KubeObject>;
}

export function createContext(fieldManager: string): WriteContext {
  return {
    user: { name: 'somebody', groups: [], extra: new Map() },
    dryRun: false,
    fieldManager,
    fieldValidation: 'Warn',
    warn: () => undefined,
  };
}

export function createThingBench(definition: StoredResourceDefinition = THING): ThingBench {
  const deps = {
    storage: createMemoryStorage(),
    clock: systemClock,
    random: systemRandom,
    admit: () => Promise.resolve(),
    log: silentLogger,
  };
  const things = createStoredResource(deps, definition);
  return {
    things,
    async apply(manager, spec, force = true) {
      const config = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'x' }, spec };
      const input = {
        contentType: 'application/apply-patch+yaml',
        body: JSON.stringify(config),
        namespace: 'ns',
        name: 'x',
        subresource: '',
        force,
      };
      const context = createContext(manager);
      return (await things.update(createPatch(deps, definition, input, context), context)).object;
    },
  };
}
