import { isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import { createBadRequest, createInvalid } from '../errors/status-errors.ts';
import { invalidValue } from '../registry/object-rules.ts';
import type { StoredResourceDefinition } from '../registry/definition.ts';
import type { ApiRequest } from '../server/request.ts';
import { readInput } from './read-input.ts';
import type { Input } from './read-input.ts';
import { createDecodeError } from './strict-decoding.ts';

/** How Go prints the type that it reads kind and version into. */
const TYPE_META = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

type Expected = Pick<StoredResourceDefinition, 'dialect' | 'group' | 'kind' | 'version'>;

/**
 * Reads an object, whatever its kind; `metadata` may be missing.
 * @throws {ApiError} `BadRequest` for anything but an object
 */
export async function readObject(request: ApiRequest, kind = 'object'): Promise<KubeObject> {
  const input = await readInput(request, { kind, dialect: 'built-in' });
  const object = toObject(input);
  const { metadata } = object;
  if (metadata !== undefined && metadata !== null && !isJsonObject(metadata)) {
    throw input.refuse('metadata is not an object');
  }
  return object as unknown as KubeObject; // the rest is checked by those who use it
}

/**
 * Makes an object of a kind out of a body. Kind and version may be left out where Kubernetes lets them.
 * @throws {ApiError} `BadRequest` for anything else, `Invalid` for another kind of custom resource
 */
export function decodeObject(input: Input, expected: Expected): KubeObject {
  const object = toObject(input);
  const apiVersion = formatVersion(expected);
  const given = { kind: textOf(object['kind']), apiVersion: textOf(object['apiVersion']) };
  if (expected.dialect === 'custom') assertCustomKind(input, given, expected);
  else {
    given.kind ||= expected.kind;
    given.apiVersion = completeVersion(given.apiVersion, expected);
    const mismatch = describeKindMismatch(given, expected);
    if (mismatch !== undefined) throw createDecodeError(given, expected, mismatch);
  }
  object['kind'] = expected.kind;
  object['apiVersion'] = apiVersion;
  object['metadata'] ??= {};
  assertMetadata(object['metadata'], given, expected);
  return object as unknown as KubeObject; // the rest is checked against the schema
}

/** An object of any kind: null stands for an empty one. */
function toObject({ value, refuse }: Input): JsonObject {
  if (value === null) return {};
  const parseError = "couldn't get version/kind; json parse error: json: cannot unmarshal";
  if (!isJsonObject(value))
    throw refuse(`${parseError} ${typeNameOf(value)} into Go value of type ${TYPE_META}`);
  for (const key of ['apiVersion', 'kind']) {
    const field = value[key];
    if (field !== undefined && field !== null && typeof field !== 'string')
      throw refuse(`${parseError} ${typeNameOf(field)} into Go struct field .${key} of type string`);
  }
  const version = textOf(value['apiVersion']);
  if (version.split('/').length > 2) throw refuse(`unexpected GroupVersion string: ${version}`);
  return value;
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function typeNameOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' ? 'number' : typeof value;
}

function formatVersion({ group, version }: Pick<Expected, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

function completeVersion(given: string, expected: Expected): string {
  return given === '' || given === '/' ? formatVersion(expected) : given;
}

/** Why an object is of another built-in kind than expected, in the words of Kubernetes' scheme. */
export function describeKindMismatch(
  { kind, apiVersion }: { readonly kind: string; readonly apiVersion: string },
  expected: Expected,
): string | undefined {
  if (kind === expected.kind && apiVersion === formatVersion(expected)) return undefined;
  return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`;
}

/** Custom resources have to say what they are. */
function assertCustomKind(
  { source, refuse }: Input,
  { kind, apiVersion }: { readonly kind: string; readonly apiVersion: string },
  expected: Expected,
): void {
  if (kind === '') throw refuse(`Object 'Kind' is missing in '${source?.text ?? ''}'`);
  if (apiVersion !== formatVersion(expected)) {
    throw createBadRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${formatVersion(expected)})`,
    );
  }
  if (kind === expected.kind) return;
  throw createInvalid({ group: expected.group, kind }, '', [
    invalidValue('kind', kind, `must be ${expected.kind}`),
  ]);
}

function assertMetadata(
  metadata: JsonValue,
  given: { readonly kind: string; readonly apiVersion: string },
  expected: Expected,
): void {
  if (isJsonObject(metadata)) return;
  const place =
    expected.dialect === 'custom'
      ? 'Go value of type v1.ObjectMeta'
      : `Go struct field ${expected.kind}.metadata of type v1.ObjectMeta`;
  throw createDecodeError(given, expected, `json: cannot unmarshal ${typeNameOf(metadata)} into ${place}`);
}
