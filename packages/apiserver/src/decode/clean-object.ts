import { compareText } from '@clusternet/kube-data';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';
import type { StoredResourceDefinition } from '../registry/definition.ts';
import { applyNulls, dropForbiddenNulls } from '../schema/apply-nulls.ts';
import { dropEmpty, dropUnknownFields } from '../schema/drop-unknown-fields.ts';
import { findTypeMismatch } from '../schema/find-type-mismatch.ts';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';
import { isDeeperThan } from './is-deeper-than.ts';
import { createDecodeError } from './strict-decoding.ts';

/** Kubernetes reads 10,000 levels; what goes through here is read by code that recurses. */
const MAX_KEPT_DEPTH = 1000;

/**
 * Makes of an object what decoding it into its Go type would: what the schema does not know goes, and so do nulls.
 *
 * @param object - private; written to
 * @param isApplied - it was merged, not decoded: nulls that a custom resource may not hold are left for validation
 * @returns paths of unknown fields, as strict validation lists them
 * @throws {ApiError} `BadRequest` for values of another type than their field has, and for what lies too deep
 */
export function cleanInput(
  object: KubeObject,
  definition: StoredResourceDefinition,
  isApplied = false,
): string[] {
  const value = object as unknown as JsonValue; // it came out of a parser
  const { schema, dialect } = definition;
  if (schema === undefined) return [];
  const unknown = dropUnknownFields(value, schema, true);
  assertShallow(value, object, definition);
  assertTypes(object, definition);
  if (dialect === 'built-in') {
    // An empty record of owners says that there are none; one that is left out says nothing.
    const givesUpOwners = object.metadata.managedFields?.length === 0;
    applyNulls(value, schema);
    dropEmpty(value, schema);
    if (givesUpOwners) object.metadata.managedFields = [];
    return unknown;
  }
  if (!isApplied) dropForbiddenNulls(value, schema);
  applyNulls(object.metadata as unknown as JsonValue, metadataOf(schema));
  return sortUnknown(unknown);
}

/**
 * Takes out what the schema does not know of an applied configuration: nulls and what is empty say something there,
 * and stay.
 *
 * @throws {ApiError} `BadRequest` for what lies too deep
 */
export function cleanConfig(object: KubeObject, definition: StoredResourceDefinition): string[] {
  const value = object as unknown as JsonValue; // it came out of a parser
  if (definition.schema === undefined) return [];
  const unknown = dropUnknownFields(value, definition.schema, true);
  assertShallow(value, object, definition);
  return definition.dialect === 'custom' ? sortUnknown(unknown) : unknown;
}

/** Fields of custom resources are pruned after their metadata has been read, and told in order. */
function sortUnknown(unknown: readonly string[]): string[] {
  const isMeta = (path: string): boolean => path.startsWith('metadata.');
  return [...unknown.filter(isMeta), ...unknown.filter((path) => !isMeta(path)).toSorted(compareText)];
}

function assertShallow(value: JsonValue, object: KubeObject, definition: StoredResourceDefinition): void {
  if (!isDeeperThan(value, MAX_KEPT_DEPTH)) return;
  throw createDecodeError(object, definition, `it is nested deeper than ${MAX_KEPT_DEPTH} levels`);
}

function metadataOf(schema: OpenApiSchema): OpenApiSchema | undefined {
  return schema.properties?.['metadata'];
}

function assertTypes(object: KubeObject, definition: StoredResourceDefinition): void {
  const mismatch = findMismatch(object, definition);
  if (mismatch !== undefined) throw createDecodeError(object, definition, mismatch);
}

/**
 * The first value of another type than its field has, as Go's decoder tells of it. Custom resources have a schema of
 * their own, which is looked at later; their metadata is a Go type like everybody's.
 */
export function findMismatch(object: KubeObject, definition: StoredResourceDefinition): string | undefined {
  const { schema, dialect, kind } = definition;
  if (schema === undefined) return undefined;
  if (dialect === 'built-in') return findTypeMismatch(object as unknown as JsonValue, schema, kind);
  const meta = metadataOf(schema);
  const metadata = object.metadata as unknown as JsonValue;
  return meta === undefined ? undefined : findTypeMismatch(metadata, meta, 'ObjectMeta');
}
