import { isJsonObject, isParseError, parseJson, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';
import { compareValues } from './compare-values.ts';
import { EMPTY_SET, subtractSets } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { toFieldSet } from './to-field-set.ts';

/** Where `kubectl apply` notes what it applied, when it merges by itself. */
const NOTE = 'kubectl.kubernetes.io/last-applied-configuration';
/** Only the manager of this name goes over from merging by itself to applying on the server. */
const MANAGER = 'kubectl';
/** Of all annotations of an object together. */
const MAX_ANNOTATION_BYTES = 256 * 1024;

/**
 * Fields that kubectl applied before it left merging to the server, and that nobody changed since: `manager` may
 * take them from the one it was then, without force.
 *
 * @param live - without `managedFields`
 * @returns nothing for other managers, and for objects without a note that can be read
 */
export function listClientApplied(
  live: JsonObject,
  manager: string,
  schema: OpenApiSchema | undefined,
): FieldSet {
  if (manager !== MANAGER) return EMPTY_SET;
  const noted = readNote(live);
  if (noted === undefined || noted['apiVersion'] !== live['apiVersion']) return EMPTY_SET;
  const { added, modified, removed } = compareValues(noted, live, schema);
  return [added, modified, removed].reduce(subtractSets, toFieldSet(noted, schema));
}

function readNote(live: JsonObject): JsonObject | undefined {
  const metadata = live['metadata'];
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  const text = isJsonObject(annotations) ? annotations[NOTE] : undefined;
  if (typeof text !== 'string' || text === '') return undefined;
  try {
    const noted = parseJson(text);
    return isJsonObject(noted) ? noted : undefined;
  } catch (error) {
    if (isParseError(error)) return undefined; // anybody can write an annotation
    throw error;
  }
}

/** Keeps the note of an object up, so that kubectl can go back to merging by itself; makes none where there is none. */
export function updateLastApplied(object: KubeObject, config: KubeObject, manager: string): void {
  const { annotations } = object.metadata;
  if (manager !== MANAGER || annotations === undefined || (annotations[NOTE] ?? '') === '') return;
  const applied = structuredClone(config) as unknown as JsonObject; // an object of the API is JSON
  const { metadata } = applied;
  if (isJsonObject(metadata) && isJsonObject(metadata['annotations'])) delete metadata['annotations'][NOTE];
  const { [NOTE]: _, ...others } = annotations;
  const next = { ...others, [NOTE]: `${stringifyJson(sortKeys(applied))}\n` };
  object.metadata.annotations = sizeBytes(next) > MAX_ANNOTATION_BYTES ? others : next;
}

function sortKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .flatMap((key) => {
        const child = value[key];
        return child === undefined ? [] : [[key, sortKeys(child)] as const];
      }),
  );
}

function sizeBytes(annotations: Readonly<Record<string, string>>): number {
  return Object.entries(annotations).reduce(
    (total, [key, value]) => total + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
}
