import { cloneJson, isJsonObject, isParseError, parseJson, parseYaml } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import type { Clock } from '@clusternet/runtime';
import { finishApply, planApply } from '../apply/update-managers.ts';
import { cleanConfig } from '../decode/clean-object.ts';
import { isDeeperThan } from '../decode/is-deeper-than.ts';
import { listDuplicates, reportStrictErrors } from '../decode/strict-decoding.ts';
import { ApiError } from '../errors/api-error.ts';
import { createBadRequest, createConflict } from '../errors/status-errors.ts';
import type { StoredResourceDefinition, WriteContext } from '../registry/definition.ts';
import type { UpdateRequest } from '../registry/update-request.ts';
import { fieldRulesOf, formatTimestamp } from '../registry/write-pipeline.ts';
import { findConfigMistake } from './find-config-mistake.ts';
import type { PatchInput } from './create-patch.ts';

/** Makes an update out of an applied configuration. Its text is looked at when it is known whether there is an object. */
export function createApply(
  deps: { readonly clock: Clock },
  definition: StoredResourceDefinition,
  input: PatchInput,
  context: WriteContext,
): Pick<UpdateRequest, 'creates' | 'keepsOwners' | 'patch' | 'produce'> {
  const rules = fieldRulesOf(definition, input.subresource);
  const refuse = (reason: string): ApiError => createBadRequest(reason);
  let config: KubeObject | undefined;
  return {
    creates: input.subresource === '',
    keepsOwners: true,
    patch: { listErrors: () => [], refuse },
    produce: (live) => {
      config ??= readConfig(definition, input);
      const writer = {
        manager: context.fieldManager,
        apiVersion: config.apiVersion,
        subresource: input.subresource,
        time: formatTimestamp(deps.clock.nowMs()),
      };
      const base = live ?? createSkeleton(definition, input);
      const { merged, managers } = planApply(base, config, writer, rules);
      const next = cloneJson(merged);
      finishApply(base, next, { config, managers, writer, force: input.force }, rules);
      reportConfig(input.body, context);
      assertIdentity(definition, next, input, live);
      return next;
    },
  };
}

function createSkeleton(
  { group, version, kind }: StoredResourceDefinition,
  { namespace }: PatchInput,
): KubeObject {
  const apiVersion = group === '' ? version : `${group}/${version}`;
  return { apiVersion, kind, metadata: namespace === '' ? {} : { namespace } };
}

/** What a new object cannot be: one without a name, or the one that had that uid. */
function assertIdentity(
  definition: StoredResourceDefinition,
  { metadata }: KubeObject,
  { name }: PatchInput,
  live: KubeObject | undefined,
): void {
  if (live !== undefined || metadata.uid === undefined || metadata.uid === '') return;
  const reason = `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`;
  throw createConflict(definition, name, reason);
}

/** An applied configuration is YAML, and Kubernetes looks at keys that stand twice when all else is right. */
function reportConfig(text: string, context: WriteContext): void {
  reportStrictErrors(
    () => listDuplicates({ format: 'yaml', text }),
    context,
    (reason) =>
      createBadRequest(
        `error strict decoding YAML: error converting YAML to JSON: ${reason.replace('strict decoding error: ', '')}`,
      ),
  );
}

const MAX_DEPTH = 1000;

/** @throws {ApiError} `BadRequest`, or without a reason for what does not fit the schema, as in Kubernetes */
function readConfig(definition: StoredResourceDefinition, { body }: PatchInput): KubeObject {
  const value = parseConfig(body);
  const config: JsonObject = isJsonObject(value) ? value : {};
  if (isDeeperThan(config, MAX_DEPTH))
    throw createBadRequest(`error decoding YAML: it is nested deeper than ${MAX_DEPTH} levels`);
  assertKind(config, definition);
  const { metadata } = config;
  const meta: JsonObject = isJsonObject(metadata) ? metadata : {};
  if (Array.isArray(meta['managedFields'])) throw createBadRequest('metadata.managedFields must be nil');
  const mistake = definition.schema === undefined ? undefined : findConfigMistake(config, definition.schema);
  if (mistake !== undefined) {
    const text = (key: string): string => (typeof meta[key] === 'string' ? meta[key] : '');
    const { group, version, kind } = definition;
    throw new ApiError(
      'Unknown',
      `failed to create typed patch object (${text('namespace')}/${text('name')}; ${group}/${version}, Kind=${kind}): ${mistake}`,
    );
  }
  config['metadata'] = meta;
  const object = config as unknown as KubeObject; // its fields are of the types of the schema
  cleanConfig(object, definition);
  return object;
}

function parseConfig(body: string): JsonValue {
  let value: JsonValue;
  try {
    value = parseJsonOrYaml(body);
  } catch (error) {
    if (!isParseError(error)) throw error;
    throw createBadRequest(`error decoding YAML: error converting YAML to JSON: yaml: ${error.message}`);
  }
  if (value === null || isJsonObject(value)) return value;
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  throw createBadRequest(
    `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
  );
}

function parseJsonOrYaml(body: string): JsonValue {
  if (!body.trimStart().startsWith('{')) return parseYaml(body, { takesFirst: true });
  try {
    return parseJson(body); // many times faster
  } catch {
    return parseYaml(body, { takesFirst: true }); // flow-style YAML, or a mistake that the YAML parser describes
  }
}

/** @throws {ApiError} `BadRequest` for a configuration of another kind, or of none */
function assertKind(config: JsonObject, { group, version, kind }: StoredResourceDefinition): void {
  const given = typeof config['apiVersion'] === 'string' ? config['apiVersion'] : '';
  const givenKind = typeof config['kind'] === 'string' ? config['kind'] : '';
  if (given === (group === '' ? version : `${group}/${version}`) && givenKind === kind) return;
  const parts = given.split('/');
  const isBroken = parts.length > 2;
  const [givenGroup = '', givenVersion = ''] = isBroken ? ['', ''] : parts.length === 2 ? parts : ['', given];
  throw createBadRequest(
    `invalid object type: ${givenGroup}/${givenVersion}, Kind=${isBroken ? '' : givenKind}`,
  );
}
