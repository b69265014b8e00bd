import {
  cloneJson,
  createSelector,
  formatSelector,
  getKey,
  isJsonObject,
  setKey,
  stringifyJson,
} from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import { createMethodNotSupported } from '../errors/status-errors.ts';
import { createPatch } from '../patch/create-patch.ts';
import type { ApiRequest, ApiResponse } from '../server/request.ts';
import { systemClock } from '@clusternet/runtime';
import { createInvalid } from '../errors/status-errors.ts';
import type { ScalePaths, StoredResourceDefinition } from './definition.ts';
import { readObject } from '../decode/decode-object.ts';
import { getContentType } from '../decode/read-input.ts';
import { isQueryTrue } from './query-values.ts';
import { readWriteContext } from './read-write-context.ts';
import type { StoredResource } from './stored-resource.ts';
import { writeScale } from './write-scale.ts';

/** Answers GET, PUT and PATCH of `scale`. */
export async function serveScale(
  resource: StoredResource,
  request: ApiRequest,
  response: ApiResponse,
): Promise<void> {
  const { definition } = resource;
  const { scale } = definition;
  const { namespace, name } = request.info;
  if (scale === undefined || !['GET', 'HEAD', 'PATCH', 'PUT'].includes(request.method)) {
    throw createMethodNotSupported(definition, request.info.verb);
  }
  if (request.method === 'GET' || request.method === 'HEAD') {
    writeScale(request, response, createScale(await resource.get(namespace, name), scale), definition);
    return;
  }
  const context = readWriteContext(request, response);
  const change = await readScaleChange(request, definition, context);
  const { object } = await resource.update(
    {
      namespace,
      name,
      subresource: 'scale',
      produce: async (live) => {
        const next = cloneJson(live ?? (await resource.get(namespace, name)));
        const wanted = await change(createScale(next, scale));
        if (wanted.metadata.resourceVersion !== undefined)
          next.metadata.resourceVersion = wanted.metadata.resourceVersion;
        const replicas = isJsonObject(wanted['spec']) ? (wanted['spec']['replicas'] ?? 0) : 0;
        if (typeof replicas !== 'number' || replicas < 0) {
          throw createInvalid({ group: 'autoscaling', kind: 'Scale' }, name, [
            {
              reason: 'FieldValueInvalid',
              message: `Invalid value: ${stringifyJson(replicas)}: must be greater than or equal to 0`,
              field: 'spec.replicas',
            },
          ]);
        }
        setPath(next as unknown as JsonObject, scale.specReplicas, replicas);
        return next;
      },
      view: (next, live) => ({
        operation: 'UPDATE',
        kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
        object: createScale(next, scale),
        live: live === undefined ? undefined : createScale(live, scale),
      }),
    },
    context,
  );
  writeScale(request, response, createScale(object, scale), definition);
}

async function readScaleChange(
  request: ApiRequest,
  definition: StoredResourceDefinition,
  context: Parameters<typeof createPatch>[3],
): Promise<(scale: KubeObject) => KubeObject | Promise<KubeObject>> {
  if (request.method === 'PUT') {
    const given = await readObject(request, 'Scale');
    return () => given;
  }
  const { namespace, name } = request.info;
  const scaleDefinition: StoredResourceDefinition = {
    ...definition,
    group: 'autoscaling',
    version: 'v1',
    kind: 'Scale',
    dialect: 'built-in',
  };
  const { schema: _, ...withoutSchema } = scaleDefinition;
  const body = (await request.readBody()).toString('utf8');
  const input = {
    contentType: getContentType(request),
    body,
    namespace,
    name,
    subresource: 'scale',
    force: isQueryTrue(request.query, 'force'),
  };
  const { produce } = createPatch({ clock: systemClock }, withoutSchema, input, context);
  return produce;
}

/** The `autoscaling/v1` Scale of an object. */
export function createScale(object: KubeObject, paths: ScalePaths): KubeObject {
  const { name = '', namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.selector === undefined ? undefined : getPath(object, paths.selector);
  const text =
    typeof selector === 'string' ? selector : isJsonObject(selector) ? selectorText(selector) : undefined;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: readReplicas(getPath(object, paths.specReplicas)),
    status: {
      replicas: getPath(object, paths.statusReplicas) ?? 0,
      ...(text === undefined ? {} : { selector: text }),
    },
  };
}

/** None are left out, as Go does. */
function readReplicas(replicas: JsonValue | undefined): JsonObject {
  return replicas === undefined || replicas === null || replicas === 0 ? {} : { replicas };
}

/** A LabelSelector, or the plain map of a replication controller. */
function selectorText(selector: JsonObject): string {
  const isStructured = isJsonObject(selector['matchLabels']) || Array.isArray(selector['matchExpressions']);
  const given = isStructured ? selector : { matchLabels: selector };
  return formatSelector(createSelector(given)).replaceAll(/ in \(([^,)]*)\)/g, '=$1');
}

function getPath(object: unknown, path: string): JsonValue | undefined {
  let current = object as JsonValue | undefined;
  for (const key of path.split('.')) current = isJsonObject(current) ? getKey(current, key) : undefined;
  return current;
}

function setPath(object: JsonObject, path: string, value: JsonValue): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let current = object;
  for (const key of keys) {
    const child = getKey(current, key);
    const next: JsonObject = isJsonObject(child) ? child : {};
    setKey(current, key, next);
    current = next;
  }
  setKey(current, last, value);
}
