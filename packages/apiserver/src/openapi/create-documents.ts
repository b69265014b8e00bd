import { formatApiVersion, isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import type { ServedResource } from '../registry/api-registry.ts';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';

/** Which dialect of OpenAPI a document is written in. */
type Dialect = 'v2' | 'v3';

/** What every document says of itself. */
export interface DocumentInfo {
  readonly title: string;
  readonly version: JsonObject;
}

const REF_PREFIX = '#/definitions/';
const V3_PREFIX = '#/components/schemas/';

/** The OpenAPI v3 document of one group and version. */
export function createV3Document(resources: readonly ServedResource[], info: DocumentInfo): JsonObject {
  const schemas = gatherSchemas(resources, 'v3');
  return {
    openapi: '3.0.0',
    info: describe(info),
    paths: createPaths(resources, 'v3'),
    components: { schemas: Object.fromEntries(schemas) },
  };
}

/**
 * The OpenAPI v2 document of everything but objects of another group: kube-apiserver merges the documents of all servers, and
 * a kind that is described by two of them is then found to be ambiguous.
 */
export function createV2Document(all: readonly ServedResource[], info: DocumentInfo): JsonObject {
  const resources = all.filter(({ objectVersion }) => objectVersion === undefined);
  return {
    swagger: '2.0',
    info: describe(info),
    paths: createPaths(resources, 'v2'),
    definitions: Object.fromEntries(gatherSchemas(resources, 'v2')),
  };
}

function describe({ title, version }: DocumentInfo): JsonObject {
  return {
    title,
    version: typeof version['gitVersion'] === 'string' ? version['gitVersion'] : 'unversioned',
  };
}

/** The name under which a resource's schema stands. */
export function schemaNameOf({ names, schemaName, objectVersion = names }: ServedResource): string {
  if (schemaName !== undefined) return schemaName;
  const group = objectVersion.group.split('.').toReversed().join('.');
  return `${group}.${objectVersion.version}.${names.kind}`;
}

function gatherSchemas(resources: readonly ServedResource[], dialect: Dialect): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  const add = (name: string, schema: OpenApiSchema, kind: JsonObject | undefined): void => {
    if (found.has(name)) return;
    found.set(name, {}); // cycles end here
    const written = writeSchema(schema, dialect, (target, at) => add(target, at, undefined));
    found.set(name, kind === undefined ? written : { ...written, 'x-kubernetes-group-version-kind': [kind] });
  };
  for (const resource of resources) {
    const { names, schema, objectVersion = names } = resource;
    const kind = { group: objectVersion.group, version: objectVersion.version, kind: names.kind };
    add(
      schemaNameOf(resource),
      schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      kind,
    );
  }
  return found;
}

function writeSchema(
  schema: OpenApiSchema,
  dialect: Dialect,
  need: (name: string, schema: OpenApiSchema) => void,
): JsonObject {
  const written: JsonObject = {};
  let reference: string | undefined;
  // A schema came out of a parsed document: all but `ref` is JSON.
  for (const [key, value] of Object.entries(schema as Record<string, JsonValue>)) {
    if (key === 'ref') continue;
    if (key === '$ref' && typeof value === 'string' && schema.ref !== undefined) {
      const name = value.slice(REF_PREFIX.length);
      need(name, schema.ref);
      reference = `${dialect === 'v2' ? REF_PREFIX : V3_PREFIX}${name}`;
    } else if (key === 'properties' && isJsonObject(value)) {
      const fields = Object.entries(value as unknown as Record<string, OpenApiSchema>);
      written[key] = Object.fromEntries(
        fields.map(([name, field]) => [name, writeSchema(field, dialect, need)]),
      );
    } else if ((key === 'items' || key === 'additionalProperties' || key === 'not') && isJsonObject(value)) {
      written[key] = writeSchema(value, dialect, need);
    } else if (dialect === 'v2' && V3_ONLY.has(key)) {
      continue;
    } else written[key] = value;
  }
  if (reference === undefined) return written;
  if (dialect === 'v2') return { ...written, $ref: reference };
  return Object.keys(written).length === 0
    ? { $ref: reference }
    : { ...written, allOf: [{ $ref: reference }] };
}

const V3_ONLY: ReadonlySet<string> = new Set([
  'anyOf',
  'not',
  'nullable',
  'oneOf',
  'x-kubernetes-validations',
]);

const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];
const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'];

function createPaths(resources: readonly ServedResource[], dialect: Dialect): JsonObject {
  const paths: JsonObject = {};
  for (const resource of resources) {
    const { group, version, namespaced, resource: plural } = resource.names;
    const prefix = group === '' ? `/api/${version}` : `/apis/${formatApiVersion(group, version)}`;
    const collection = `${prefix}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}`;
    paths[collection] = pickVerbs(
      resource,
      { get: 'list', post: 'create', delete: 'deletecollection' },
      dialect,
    );
    paths[`${collection}/{name}`] = pickVerbs(
      resource,
      { get: 'get', put: 'update', patch: 'patch', delete: 'delete' },
      dialect,
    );
    if (namespaced) paths[`${prefix}/${plural}`] = pickVerbs(resource, { get: 'list' }, dialect);
  }
  return paths;
}

function pickVerbs(
  resource: ServedResource,
  methods: Readonly<Record<string, string>>,
  dialect: Dialect,
): JsonObject {
  const item: JsonObject = {};
  for (const [method, verb] of Object.entries(methods)) {
    if (resource.verbs.includes(verb)) item[method] = createOperation(resource, method, verb, dialect);
  }
  return item;
}

function createOperation(
  resource: ServedResource,
  method: string,
  verb: string,
  dialect: Dialect,
): JsonObject {
  const { group, version, kind } = { ...resource.names, ...resource.objectVersion };
  const isWrite = method === 'post' || method === 'put' || method === 'patch';
  const names = isWrite ? [...WRITE_PARAMETERS, ...(method === 'patch' ? ['force'] : [])] : [];
  const schema = { $ref: `${dialect === 'v2' ? REF_PREFIX : V3_PREFIX}${schemaNameOf(resource)}` };
  const types =
    method === 'patch' ? [...(resource.patchTypes ?? PATCH_TYPES)] : ['application/json', 'application/yaml'];
  const base: JsonObject = {
    operationId: `${verb}${group.replaceAll(/[^a-zA-Z]/g, '')}${version}${kind}${method}`,
    'x-kubernetes-action': verb === 'create' ? 'post' : verb === 'update' ? 'put' : verb,
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
  if (dialect === 'v2') {
    return {
      ...base,
      consumes: types,
      produces: ['application/json', 'application/yaml'],
      parameters: names.map((name) => ({ name, in: 'query', type: name === 'force' ? 'boolean' : 'string' })),
      responses: { 200: { description: 'OK', schema } },
    };
  }
  const body = method === 'patch' ? { type: 'object' } : schema;
  return {
    ...base,
    parameters: names.map((name) => ({
      name,
      in: 'query',
      schema: { type: name === 'force' ? 'boolean' : 'string' },
    })),
    ...(isWrite
      ? { requestBody: { content: Object.fromEntries(types.map((type) => [type, { schema: body }])) } }
      : {}),
    responses: { 200: { description: 'OK', content: { 'application/json': { schema } } } },
  };
}
