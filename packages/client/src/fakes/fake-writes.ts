import {
  applyMergePatch,
  createMergePatch,
  equalJson,
  isJsonObject,
  parseJson,
  parseYaml,
} from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import type { FakeRequest } from './fake-api.ts';
import { json, statusAnswer } from './fake-answer.ts';
import type { FakeAnswer } from './fake-answer.ts';
import type { FakeTarget } from './fake-path.ts';
import type { FakeStore } from './fake-store.ts';

/** Carries out create, update, patch (merge and apply) and delete as an API server does. */
export function createWrites(
  store: FakeStore,
  needsNamespaces: boolean,
): (request: FakeRequest, target: FakeTarget) => FakeAnswer {
  /** What each field manager applied last, by object path. */
  const applied = new Map<string, JsonValue>();

  const missingNamespace = ({ ref, namespace }: FakeTarget): FakeAnswer | undefined => {
    if (!needsNamespaces || !ref.namespaced || store.get(`/api/v1/namespaces/${namespace}`) !== undefined)
      return undefined;
    return statusAnswer(404, 'NotFound', `namespaces "${namespace}" not found`);
  };

  const create = (request: FakeRequest, target: FakeTarget): FakeAnswer => {
    const object = parseJson(request.body) as unknown as KubeObject;
    const { name = '', resourceVersion } = object.metadata;
    const path = `${target.objectPath}${target.name === '' ? name : ''}`;
    if (resourceVersion !== undefined)
      return statusAnswer(400, 'BadRequest', 'resourceVersion should not be set on objects to be created');
    if (store.get(path) !== undefined)
      return statusAnswer(409, 'AlreadyExists', `${target.ref.plural} "${name}" already exists`);
    return missingNamespace(target) ?? json(201, store.put(path, object));
  };

  const replace = (target: FakeTarget, live: KubeObject, next: KubeObject): FakeAnswer => {
    const { resourceVersion } = next.metadata;
    if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
      return statusAnswer(
        409,
        'Conflict',
        `${target.ref.plural} "${target.name}": the object has been modified`,
      );
    }
    const merged = withSystemFields(target, live, next);
    if (equalJson(merged, live)) return json(200, live);
    const isDone =
      merged.metadata.deletionTimestamp !== undefined && (merged.metadata.finalizers ?? []).length === 0;
    return json(200, isDone ? store.remove(target.objectPath) : store.put(target.objectPath, merged));
  };

  const patch = (request: FakeRequest, target: FakeTarget): FakeAnswer => {
    const live = store.get(target.objectPath);
    const type = String(request.headers['content-type']);
    if (type === 'application/apply-patch+yaml') return apply(request, target, live);
    if (live === undefined)
      return statusAnswer(404, 'NotFound', `${target.ref.plural} "${target.name}" not found`);
    if (type !== 'application/merge-patch+json') return statusAnswer(415, 'UnsupportedMediaType', type);
    const next = applyMergePatch(live as unknown as JsonValue, parseJson(request.body));
    return replace(target, live, next as unknown as KubeObject);
  };

  const apply = (request: FakeRequest, target: FakeTarget, live: KubeObject | undefined): FakeAnswer => {
    const wanted = parseYaml(request.body);
    const manager = request.query.get('fieldManager') ?? '';
    if (manager === '' || !isJsonObject(wanted))
      return statusAnswer(400, 'BadRequest', 'fieldManager is required for apply patch');
    const key = `${manager} ${target.objectPath}`;
    const before = applied.get(key);
    if (live === undefined) {
      const refusal = missingNamespace(target);
      if (refusal !== undefined) return refusal;
      applied.set(key, wanted);
      return json(201, store.put(target.objectPath, wanted as unknown as KubeObject));
    }
    applied.set(key, wanted);
    const removed = before === undefined ? undefined : createMergePatch(before, wanted);
    const base = live as unknown as JsonValue;
    const next = applyMergePatch(removed === undefined ? base : applyMergePatch(base, removed), wanted);
    return replace(target, live, next as unknown as KubeObject);
  };

  const remove = (request: FakeRequest, target: FakeTarget): FakeAnswer => {
    const live = store.get(target.objectPath);
    if (live === undefined)
      return statusAnswer(404, 'NotFound', `${target.ref.plural} "${target.name}" not found`);
    const options = request.body === '' ? {} : (parseJson(request.body) as JsonObject);
    const conditions = isJsonObject(options['preconditions']) ? options['preconditions'] : {};
    for (const field of ['uid', 'resourceVersion'] as const) {
      if (conditions[field] !== undefined && conditions[field] !== live.metadata[field])
        return statusAnswer(409, 'Conflict', `the ${field} in the precondition does not match`);
    }
    if ((live.metadata.finalizers ?? []).length === 0) return json(200, store.remove(target.objectPath));
    live.metadata.deletionTimestamp ??= '2026-01-01T00:00:01Z';
    return json(200, store.put(target.objectPath, live));
  };

  return (request, target) => {
    switch (request.method) {
      case 'POST':
        return create(request, target);
      case 'PUT': {
        const live = store.get(target.objectPath);
        if (live === undefined)
          return statusAnswer(404, 'NotFound', `${target.ref.plural} "${target.name}" not found`);
        return replace(target, live, parseJson(request.body) as unknown as KubeObject);
      }
      case 'PATCH':
        return patch(request, target);
      case 'DELETE':
        return remove(request, target);
      case 'GET':
      case 'HEAD':
        return statusAnswer(405, 'MethodNotAllowed', request.method);
    }
  };
}

/** The status goes by its subresource; what the API server sets stays as it is. */
function withSystemFields({ subresource }: FakeTarget, live: KubeObject, next: KubeObject): KubeObject {
  const { uid, generation, creationTimestamp, deletionTimestamp, resourceVersion } = live.metadata;
  const system = { uid, generation, creationTimestamp, deletionTimestamp, resourceVersion };
  const kept = Object.fromEntries(Object.entries(system).filter(([, value]) => value !== undefined));
  const { deletionTimestamp: _deletion, ...metadata } = next.metadata;
  const status = subresource === 'status' ? next['status'] : live['status'];
  const base = subresource === 'status' ? live : { ...next, metadata: { ...metadata, ...kept } };
  const { status: _status, ...rest } = base;
  return status === undefined ? rest : { ...rest, status };
}
