import { applyStrategicMergePatch, builtInPatchSchema, isJsonObject } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { OverrideError } from './errors.ts';
import { mergeLikeGo } from './merge-like-go.ts';

const DIRECTIVE = /^(?:\$patch|\$retainKeys|\$setElementOrder\/.*|\$deleteFromPrimitiveList\/.*)$/s;

/**
 * Merges as kube-apiserver does for a strategic merge patch where it knows the kind of the object, and as `MergePatch`
 * does anywhere else, which is what kubectl does too.
 *
 * @returns A new document.
 * @throws {PatchError} What `applyStrategicMergePatch` throws.
 * @throws {OverrideError} `INVALID_PATCH` for a directive on an object of another kind, into which it would be
 *   written; and what `mergeLikeGo` throws.
 */
export function mergeStrategically(document: JsonValue, patch: JsonValue): JsonValue {
  const { apiVersion, kind } = isJsonObject(document) ? document : {};
  const isTyped = typeof apiVersion === 'string' && typeof kind === 'string';
  const schema = isTyped ? builtInPatchSchema(apiVersion, kind) : undefined;
  if (schema !== undefined) return applyStrategicMergePatch(document, patch, schema);
  const directive = findDirective(patch);
  if (directive === undefined) return mergeLikeGo(document, patch);
  const what = isTyped ? `${apiVersion} ${kind}` : 'a document without a kind';
  throw new OverrideError(
    'INVALID_PATCH',
    `"${directive.slice(0, 60)}" has no meaning for ${what}, whose schema is not known; write the lists in full`,
  );
}

function findDirective(patch: JsonValue): string | undefined {
  if (Array.isArray(patch)) return firstOf(patch, findDirective);
  if (!isJsonObject(patch)) return undefined;
  const keys = Object.keys(patch);
  return keys.find((key) => DIRECTIVE.test(key)) ?? firstOf(keys, (key) => findDirective(patch[key] ?? null));
}

function firstOf<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
