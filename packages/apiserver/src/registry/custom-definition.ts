import {
  evaluateJsonPath,
  numberAt,
  objectAt,
  objectsAt,
  stringifyJson,
  textAt,
  textsAt,
} from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';
import { formatAge, NAME_COLUMN } from '../table/table-columns.ts';
import type { TableColumns } from '../table/table-columns.ts';
import type { ScalePaths, StoredResourceDefinition } from './definition.ts';

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/**
 * The definitions of the versions that a CustomResourceDefinition serves.
 * @param definitions - built-in schemas, for `metadata`
 */
export function createCustomDefinitions(
  crd: KubeObject,
  definitions: ReadonlyMap<string, OpenApiSchema>,
): StoredResourceDefinition[] {
  const spec = objectAt(crd, 'spec') ?? {};
  const [group, names] = [textAt(spec, 'group'), objectAt(spec, 'names') ?? {}];
  const kind = textAt(names, 'kind');
  const versions = objectsAt(spec, 'versions');
  const stored = textAt(
    versions.find((version) => version['storage'] === true),
    'name',
  );
  return versions
    .filter((version) => version['served'] === true)
    .map((version) => {
      const name = textAt(version, 'name');
      const subresources = objectAt(version, 'subresources');
      const scale = readScale(objectAt(subresources, 'scale'));
      return {
        group,
        version: name,
        resource: textAt(names, 'plural'),
        singular: textAt(names, 'singular') || kind.toLowerCase(),
        kind,
        listKind: textAt(names, 'listKind') || `${kind}List`,
        namespaced: textAt(spec, 'scope') === 'Namespaced',
        shortNames: textsAt(names, 'shortNames'),
        categories: textsAt(names, 'categories'),
        storageResource: crd.metadata.name ?? '',
        dialect: 'custom' as const,
        schema: completeSchema(objectAt(objectAt(version, 'schema'), 'openAPIV3Schema'), definitions),
        strategy: {},
        hasStatus: objectAt(subresources, 'status') !== undefined,
        ...(scale === undefined ? {} : { scale }),
        columns: createCustomColumns(objectsAt(version, 'additionalPrinterColumns')),
        selectableFields: objectsAt(version, 'selectableFields').map((field) =>
          textAt(field, 'jsonPath').replace(/^\./, ''),
        ),
        ...convertBetween(group, name, stored),
      };
    });
}

/** Versions differ in name only (conversion strategy `None`). */
function convertBetween(
  group: string,
  version: string,
  stored: string,
): Pick<StoredResourceDefinition, 'fromStorage' | 'toStorage'> {
  const [apiVersion, storedVersion] = [`${group}/${version}`, `${group}/${stored}`];
  return {
    fromStorage: (object) => (object.apiVersion === apiVersion ? object : { ...object, apiVersion }),
    toStorage: (object) =>
      object.apiVersion === storedVersion ? object : { ...object, apiVersion: storedVersion },
  };
}

/** Metadata is checked by Kubernetes' own rules, whatever the CRD says of it. */
function completeSchema(
  schema: JsonObject | undefined,
  definitions: ReadonlyMap<string, OpenApiSchema>,
): OpenApiSchema {
  // A schema out of a CRD that passed validation.
  const given = (schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }) as OpenApiSchema;
  const meta = definitions.get(OBJECT_META);
  return {
    ...given,
    properties: {
      ...given.properties,
      apiVersion: {
        type: 'string',
        description:
          'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
      },
      kind: {
        type: 'string',
        description:
          'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
      },
      metadata: {
        description:
          "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
        ...(meta === undefined ? {} : { $ref: `#/definitions/${OBJECT_META}`, ref: meta }),
      },
    },
  };
}

function readScale(scale: JsonObject | undefined): ScalePaths | undefined {
  if (scale === undefined) return undefined;
  const strip = (key: string): string => textAt(scale, key).replace(/^\./, '');
  const selector = strip('labelSelectorPath');
  return {
    specReplicas: strip('specReplicasPath'),
    statusReplicas: strip('statusReplicasPath'),
    ...(selector === '' ? {} : { selector }),
  };
}

const AGE = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

function createCustomColumns(columns: readonly JsonObject[]): TableColumns {
  const extra = columns.length === 0 ? [AGE as JsonObject] : columns;
  return {
    definitions: [
      NAME_COLUMN,
      ...extra.map((column) => ({
        name: textAt(column, 'name'),
        type: textAt(column, 'type'),
        format: textAt(column, 'format'),
        description:
          textAt(column, 'description') ||
          `Custom resource definition column (in JSONPath format): ${textAt(column, 'jsonPath')}`,
        priority: numberAt(column, 'priority') ?? 0,
      })),
    ],
    getCells: (object, nowMs) => [
      object.metadata.name ?? '',
      ...extra.map((column) => readColumn(object, column, nowMs)),
    ],
  };
}

function readColumn(object: KubeObject, column: JsonObject, nowMs: number): JsonValue {
  const found = evaluateJsonPath(object, textAt(column, 'jsonPath'));
  const [value] = found;
  if (value === undefined || value === null) return null;
  switch (textAt(column, 'type')) {
    case 'date':
      return typeof value === 'string' ? formatAge(value, nowMs) : '<unknown>';
    case 'string':
      return found.length > 1 ? found.map(showValue).join(' ') : showValue(value);
    case 'integer':
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    default:
      return null;
  }
}

function showValue(value: JsonValue): string {
  return typeof value === 'string' ? value : stringifyJson(value);
}
