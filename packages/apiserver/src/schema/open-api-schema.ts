/**
 * A schema as OpenAPI v2 definitions and CRDs write it, with references resolved: `ref` points at the schema
 * that `$ref` named, and cycles are cycles of objects. Attributes beside a reference belong to the field.
 */
export interface OpenApiSchema {
  readonly ref?: OpenApiSchema;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly additionalProperties?: OpenApiSchema | boolean;
  readonly items?: OpenApiSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly OpenApiSchema[];
  readonly anyOf?: readonly OpenApiSchema[];
  readonly oneOf?: readonly OpenApiSchema[];
  readonly not?: OpenApiSchema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
}

/** The schema that describes a value's structure: the one a reference points at. */
export function followRef(schema: OpenApiSchema | undefined): OpenApiSchema | undefined {
  let current = schema;
  while (current?.ref !== undefined) current = current.ref;
  return current;
}

/** What a schema says about one key of an object. */
export function getFieldSchema(schema: OpenApiSchema | undefined, key: string): OpenApiSchema | undefined {
  const target = followRef(schema);
  if (target?.properties !== undefined && Object.hasOwn(target.properties, key))
    return target.properties[key];
  return typeof target?.additionalProperties === 'object' ? target.additionalProperties : undefined;
}

/** Types that hold anything: nothing inside is dropped or defaulted. */
const OPAQUE = [
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1',
  'io.k8s.apimachinery.pkg.runtime.RawExtension',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus',
];

/** Says of Kubernetes' own types what its documents do not, in place: which hold anything, and that numbers are quantities. */
export function openOpaqueTypes(definitions: Record<string, unknown>): void {
  for (const name of OPAQUE) {
    const schema = definitions[name];
    if (isRecord(schema)) schema['x-kubernetes-preserve-unknown-fields'] = true;
  }
  const quantity = definitions['io.k8s.apimachinery.pkg.api.resource.Quantity'];
  if (isRecord(quantity)) quantity['x-kubernetes-int-or-string'] = true;
}

const REF_PREFIX = '#/definitions/';

/**
 * Resolves the references of a set of definitions, in place.
 *
 * @param definitions - as the `definitions` of an OpenAPI v2 document, parsed and private to the caller
 */
export function linkDefinitions(definitions: Record<string, unknown>): ReadonlyMap<string, OpenApiSchema> {
  const linked = new Map(Object.entries(definitions)) as Map<string, OpenApiSchema>;
  for (const schema of linked.values()) linkSchema(schema as Record<string, unknown>, linked);
  return linked;
}

function linkSchema(schema: Record<string, unknown>, linked: ReadonlyMap<string, OpenApiSchema>): void {
  const reference = schema['$ref'];
  if (typeof reference === 'string') schema['ref'] = linked.get(reference.slice(REF_PREFIX.length)) ?? {};
  for (const key of ['items', 'additionalProperties'] as const) {
    if (isRecord(schema[key])) linkSchema(schema[key], linked);
  }
  if (isRecord(schema['properties'])) {
    for (const field of Object.values(schema['properties'])) if (isRecord(field)) linkSchema(field, linked);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
