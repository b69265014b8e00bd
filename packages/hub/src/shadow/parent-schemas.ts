import { createHash } from 'node:crypto';
import { linkDefinitions, openOpaqueTypes } from '@clusternet/apiserver';
import type { OpenApiSchema } from '@clusternet/apiserver';
import { isApiError } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { isJsonObject, objectAt, objectsAt, parseJson, textAt } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { errorText, withTimeout } from '@clusternet/runtime';
import type { Logger } from '@clusternet/runtime';

export interface ParentSchemasDeps {
  readonly client: Pick<KubeClient, 'raw'>;
  readonly log: Logger;
}

/** A kind's schema, and what it is called in documents. */
export interface NamedSchema {
  readonly name: string;
  readonly schema: OpenApiSchema;
  /** Another text once the document is another. */
  readonly revision: string;
}

/** The schemas of the parent's kinds, out of its OpenAPI documents. */
export interface ParentSchemas {
  /** Asks for the documents of these groups and versions that have changed. @returns whether all could be had */
  refresh(groupVersions: ReadonlySet<string>, signal: AbortSignal): Promise<boolean>;
  /** @param groupVersion - `apps/v1`, or `v1` for the core group */
  find(groupVersion: string, kind: string): NamedSchema | undefined;
  /** All definitions of the core group's document: that of metadata among them. */
  coreDefinitions(): ReadonlyMap<string, OpenApiSchema>;
}

interface Document {
  /** Where it was read. */
  readonly path: string;
  /** Its hash: some servers name one document differently each time. */
  readonly revision: string;
  readonly definitions: ReadonlyMap<string, OpenApiSchema>;
  readonly kinds: ReadonlyMap<string, string>;
}

const TIMEOUT_MS = 30_000;
const V2 = '/openapi/v2';
const NONE: ReadonlyMap<string, OpenApiSchema> = new Map();

/** Starts out with none. A parent before 1.24 has one document for all, which knows no defaults. */
export function createParentSchemas(deps: ParentSchemasDeps): ParentSchemas {
  const documents = new Map<string, Document>();

  const ask = (path: string, signal: AbortSignal): Promise<string> =>
    withTimeout(TIMEOUT_MS, signal, `reading ${path}`, async (inner) => {
      const response = await deps.client.raw({ method: 'GET', path, what: `read ${path}` }, inner);
      return response.text();
    });
  const findPaths = async (signal: AbortSignal): Promise<JsonObject | undefined> => {
    try {
      return objectAt(parseJson(await ask('/openapi/v3', signal)), 'paths');
    } catch (error) {
      if (isApiError(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  };

  return {
    async refresh(groupVersions, signal) {
      let isComplete = true;
      try {
        const paths = await findPaths(signal);
        for (const key of documents.keys()) if (!groupVersions.has(key)) documents.delete(key);
        const whole =
          paths === undefined ? parseDocument(await ask(V2, signal), V2, 'definitions') : undefined;
        for (const key of groupVersions) {
          if (whole !== undefined) {
            documents.set(key, whole);
            continue;
          }
          const path = textAt(
            objectAt(paths, key.includes('/') ? `apis/${key}` : `api/${key}`),
            'serverRelativeURL',
          );
          if (path === '' || documents.get(key)?.path === path) continue;
          try {
            documents.set(key, parseDocument(await ask(path, signal), path, 'schemas'));
          } catch (error) {
            if (signal.aborted) throw error;
            isComplete = false;
            deps.log.warn('a schema of the parent could not be read', {
              group: key,
              error: errorText(error),
            });
          }
        }
      } catch (error) {
        if (signal.aborted) throw error;
        isComplete = false;
        deps.log.warn('the schemas of the parent could not be read', { error: errorText(error) });
      }
      return isComplete;
    },
    find(groupVersion, kind) {
      const document = documents.get(groupVersion);
      const name = document?.kinds.get(`${groupVersion} ${kind}`);
      const schema = name === undefined ? undefined : document?.definitions.get(name);
      if (document === undefined || name === undefined || schema === undefined) return undefined;
      return { name, schema, revision: document.revision };
    },
    coreDefinitions: () => documents.get('v1')?.definitions ?? NONE,
  };
}

function parseDocument(text: string, path: string, place: 'definitions' | 'schemas'): Document {
  const document = parseJson(text);
  const holder = place === 'schemas' ? objectAt(document, 'components') : document;
  const schemas = objectAt(holder, place) ?? {};
  const kinds = new Map<string, string>();
  for (const [name, schema] of Object.entries(schemas)) {
    const [first, ...others] = objectsAt(schema, 'x-kubernetes-group-version-kind');
    if (first === undefined || others.length > 0) continue; // options that every group has
    const [group, version] = [textAt(first, 'group'), textAt(first, 'version')];
    kinds.set(`${group === '' ? version : `${group}/${version}`} ${textAt(first, 'kind')}`, name);
  }
  for (const schema of Object.values(schemas)) simplify(schema);
  openOpaqueTypes(schemas);
  const revision = createHash('sha256').update(text).digest('hex');
  return { path, revision, kinds, definitions: linkDefinitions(schemas) };
}

const V3_PREFIX = '#/components/schemas/';

/** Writes references as version 2 has them, in place: beside what belongs to the field, not wrapped for its sake. */
function simplify(schema: JsonValue | undefined): void {
  if (!isJsonObject(schema)) return;
  const { allOf } = schema;
  if (Array.isArray(allOf) && allOf.length === 1 && isJsonObject(allOf[0]) && '$ref' in allOf[0]) {
    schema['$ref'] = allOf[0]['$ref'];
    delete schema['allOf'];
  }
  const reference = schema['$ref'];
  if (typeof reference === 'string') schema['$ref'] = reference.replace(V3_PREFIX, '#/definitions/');
  simplify(schema['items']);
  simplify(schema['additionalProperties']);
  if (isJsonObject(schema['items'])) delete schema['items']['default']; // a list has no items by default
  for (const field of Object.values(objectAt(schema, 'properties') ?? {})) simplify(field);
}
