import { isJsonObject, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { readInput } from '../decode/read-input.ts';
import type { StatusCause } from '../errors/api-error.ts';
import { createBadRequest, createInvalid } from '../errors/status-errors.ts';
import { findTypeMismatch } from '../schema/find-type-mismatch.ts';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';
import type { ApiRequest } from '../server/request.ts';
import type { DeleteOptions } from './delete-object.ts';
import { invalidValue, unsupportedValue } from './object-rules.ts';
import { readBoolean, readInteger } from './query-values.ts';
import { validateDryRun } from './read-write-context.ts';

const TEXT: OpenApiSchema = { type: 'string' };
const SCHEMA: OpenApiSchema = {
  type: 'object',
  properties: {
    gracePeriodSeconds: { type: 'integer', format: 'int64' },
    orphanDependents: { type: 'boolean' },
    propagationPolicy: TEXT,
    dryRun: { type: 'array', items: TEXT },
    preconditions: { type: 'object', properties: { uid: TEXT, resourceVersion: TEXT } },
  },
};
const POLICIES = ['Foreground', 'Background', 'Orphan'] as const;

/** Options as they were given, of the right types. */
interface GivenOptions {
  readonly gracePeriodSeconds?: number;
  readonly orphanDependents?: boolean;
  readonly propagationPolicy?: string;
  readonly dryRun: readonly string[];
  readonly preconditions?: DeleteOptions['preconditions'];
}

/**
 * Reads `DeleteOptions` from the body, or from the query where there is none.
 * @throws {ApiError} `BadRequest` or `Invalid`
 */
export async function readDeleteOptions(
  request: ApiRequest,
): Promise<DeleteOptions & { readonly dryRun: boolean }> {
  const body = await request.readBody();
  const given = body.length === 0 ? readQuery(request.query) : await readBody(request, body);
  const { gracePeriodSeconds, preconditions, dryRun } = given;
  assertValid(given);
  const policy = toPolicy(given);
  return {
    dryRun: dryRun.length > 0,
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(preconditions === undefined ? {} : { preconditions }),
  };
}

function readQuery(query: URLSearchParams): GivenOptions {
  const grace = readInteger(query, 'gracePeriodSeconds');
  const orphans = readBoolean(query, 'orphanDependents');
  const policy = query.get('propagationPolicy');
  return {
    dryRun: query.getAll('dryRun'),
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(orphans === undefined ? {} : { orphanDependents: orphans }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
  };
}

async function readBody(request: ApiRequest, body: Buffer): Promise<GivenOptions> {
  const again = { ...request, readBody: () => Promise.resolve(body) };
  const expected = { kind: 'DeleteOptions', dialect: 'built-in' } as const;
  const { value } = await readInput(again, expected, createBadRequest);
  if (value === null) return { dryRun: [] };
  if (!isJsonObject(value)) throw createBadRequest("couldn't get version/kind; json parse error");
  assertKind(value);
  const mismatch = findTypeMismatch(value, SCHEMA, 'DeleteOptions');
  if (mismatch !== undefined) throw createBadRequest(mismatch);
  return toGiven(value);
}

/** Options of any group will do, and so will options that do not say what they are. */
function assertKind({ kind, apiVersion }: JsonObject): void {
  if (kind === undefined || kind === '' || kind === null || kind === 'DeleteOptions') return;
  throw createBadRequest(
    `no kind ${stringifyJson(kind)} is registered for version ${stringifyJson(apiVersion ?? '')} in scheme "pkg/runtime/scheme.go:111"`,
  );
}

/** @param value - of the types of the schema */
function toGiven(value: JsonObject): GivenOptions {
  const options: Record<string, JsonValue> = {};
  for (const key of ['gracePeriodSeconds', 'orphanDependents', 'propagationPolicy', 'preconditions']) {
    const found = value[key];
    if (found !== undefined && found !== null) options[key] = found;
  }
  return { ...options, dryRun: (value['dryRun'] ?? []) as string[] };
}

function assertValid({ orphanDependents, propagationPolicy, dryRun }: GivenOptions): void {
  const causes: StatusCause[] = [];
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    const reason = 'orphanDependents and deletionPropagation cannot be both set';
    causes.push(invalidValue('propagationPolicy', propagationPolicy, reason));
  }
  if (propagationPolicy !== undefined && !POLICIES.some((policy) => policy === propagationPolicy))
    causes.push(unsupportedValue('propagationPolicy', propagationPolicy, [...POLICIES, 'nil']));
  causes.push(...validateDryRun(dryRun));
  if (causes.length > 0) throw createInvalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', causes);
}

function toPolicy({ orphanDependents, propagationPolicy }: GivenOptions): DeleteOptions['propagationPolicy'] {
  if (orphanDependents !== undefined) return orphanDependents ? 'Orphan' : 'Background';
  return POLICIES.find((policy) => policy === propagationPolicy);
}
