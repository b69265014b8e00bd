import { isDnsSubdomain, isLabelKey, isLabelValue, stringifyJson } from '@clusternet/kube-data';
import type { KubeObject, OwnerReference } from '@clusternet/kube-data';
import type { StatusCause } from '../errors/api-error.ts';
import type { StoredResourceDefinition } from './definition.ts';

const SUBDOMAIN_MESSAGE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_MESSAGE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE_MESSAGE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED_NAME_MESSAGE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/** The rule for most names. */
export function validateSubdomainName(name: string): string | undefined {
  if (name.length > 253) return 'must be no more than 253 characters';
  return isDnsSubdomain(name) ? undefined : SUBDOMAIN_MESSAGE;
}

/** The rule for namespaces and services. */
export function validateLabelName(name: string): string | undefined {
  if (name.length > 63) return 'must be no more than 63 characters';
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name) ? undefined : LABEL_MESSAGE;
}

/** The rule for RBAC objects: anything that fits into a path. */
export function validatePathSegmentName(name: string): string | undefined {
  if (name === '.' || name === '..') return `may not be '${name}'`;
  const bad = ['/', '%'].find((text) => name.includes(text));
  return bad === undefined ? undefined : `may not contain '${bad}'`;
}

/** A cause for a value that breaks a rule. */
export function invalidValue(field: string, value: unknown, message: string): StatusCause {
  const shown =
    typeof value === 'object' && value !== null ? stringifyJson(value) : stringifyJson(value ?? null);
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${shown}: ${message}`, field };
}

/** A cause for a value that is missing. */
export function requiredValue(field: string, message = ''): StatusCause {
  return {
    reason: 'FieldValueRequired',
    message: message === '' ? 'Required value' : `Required value: ${message}`,
    field,
  };
}

/** A cause for a value that is not one of those there are. */
export function unsupportedValue(field: string, value: unknown, supported: readonly string[]): StatusCause {
  const list = supported.map((item) => JSON.stringify(item)).join(', ');
  return {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${stringifyJson(value)}: supported values: ${list}`,
    field,
  };
}

/** A cause for a value that stands twice where it may stand once. */
export function duplicateValue(field: string, value: unknown): StatusCause {
  return { reason: 'FieldValueDuplicate', message: `Duplicate value: ${stringifyJson(value)}`, field };
}

/** A cause for something that may not be set or changed. */
export function forbiddenValue(field: string, message: string): StatusCause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${message}`, field };
}

/** Kinds that the API's machinery defines; they follow the rules of custom resources here. */
const MACHINERY_GROUPS: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io']);
const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['foregroundDeletion', 'kubernetes', 'orphan']);

/** Checks the metadata of an object: name, labels, annotations, finalizers. */
export function validateMetadata(object: KubeObject, definition: StoredResourceDefinition): StatusCause[] {
  const { metadata } = object;
  const causes: StatusCause[] = [];
  const { name = '', generateName = '' } = metadata;
  const validateName = definition.strategy.validateName ?? validateSubdomainName;
  // What a name begins with may end in dashes: more comes after them.
  const wrong = generateName === '' ? undefined : validateName(generateName.replace(/.-$/, 'a'));
  if (wrong !== undefined) causes.push(invalidValue('metadata.generateName', generateName, wrong));
  if (name === '') causes.push(requiredValue('metadata.name', 'name or generateName is required'));
  else {
    const reason = validateName(name);
    if (reason !== undefined) causes.push(invalidValue('metadata.name', name, reason));
  }
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (!isLabelKey(key)) causes.push(invalidValue('metadata.labels', key, QUALIFIED_NAME_MESSAGE));
    if (typeof value !== 'string' || !isLabelValue(value)) {
      causes.push(invalidValue('metadata.labels', value, LABEL_VALUE_MESSAGE));
    }
  }
  let size = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    if (!isLabelKey(key.toLowerCase()))
      causes.push(invalidValue('metadata.annotations', key, QUALIFIED_NAME_MESSAGE));
    size += key.length + value.length;
  }
  if (size > 256 * 1024) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: 'Too long: may not be more than 262144 bytes',
      field: 'metadata.annotations',
    });
  }
  causes.push(...validateOwners(metadata.ownerReferences ?? []));
  causes.push(...validateFinalizers(metadata.finalizers ?? [], definition));
  return causes;
}

/** What is wrong with the owners of an object; all are told of under one field, as in Kubernetes. */
function validateOwners(owners: readonly Partial<OwnerReference>[]): StatusCause[] {
  const field = 'metadata.ownerReferences';
  const causes: StatusCause[] = [];
  let controller = '';
  for (const { apiVersion = '', kind = '', name = '', uid = '', controller: isController } of owners) {
    if (apiVersion === '' || apiVersion.endsWith('/'))
      causes.push(invalidValue(`${field}.apiVersion`, apiVersion, 'version must not be empty'));
    for (const [key, value] of Object.entries({ kind, name, uid })) {
      if (value === '') causes.push(invalidValue(`${field}.${key}`, value, 'must not be empty'));
    }
    if (apiVersion === 'v1' && kind === 'Event')
      causes.push(
        invalidValue(
          field,
          { apiVersion, kind, name, uid },
          '/v1, Kind=Event is disallowed from being an owner',
        ),
      );
    if (isController !== true) continue;
    if (controller !== '') {
      const reason = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${kind}/${name}`;
      causes.push(invalidValue(field, owners, reason));
    } else controller = `${kind}/${name}`;
  }
  return causes;
}

function validateFinalizers(
  finalizers: readonly string[],
  definition: StoredResourceDefinition,
): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const finalizer of finalizers) {
    if (!isLabelKey(finalizer))
      causes.push(invalidValue('metadata.finalizers', finalizer, QUALIFIED_NAME_MESSAGE));
    else if (
      definition.dialect === 'built-in' &&
      !MACHINERY_GROUPS.has(definition.group) &&
      !finalizer.includes('/') &&
      !STANDARD_FINALIZERS.has(finalizer)
    ) {
      const message = 'name is neither a standard finalizer name nor is it fully qualified';
      causes.push(invalidValue('metadata.finalizers', finalizer, message));
    }
  }
  return causes;
}

/** What may not change in the metadata of an object. */
export function validateMetadataUpdate(next: KubeObject, live: KubeObject): StatusCause[] {
  const immutable = (['uid', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const).flatMap((key) =>
    next.metadata[key] === live.metadata[key]
      ? []
      : [invalidValue(`metadata.${key}`, next.metadata[key], 'field is immutable')],
  );
  return [...validateNewFinalizers(next, live), ...immutable];
}

function validateNewFinalizers(next: KubeObject, live: KubeObject): StatusCause[] {
  if (live.metadata.deletionTimestamp === undefined) return [];
  const known = new Set(live.metadata.finalizers ?? []);
  const added = (next.metadata.finalizers ?? []).filter((item) => !known.has(item));
  if (added.length === 0) return [];
  const list = added.map((item) => JSON.stringify(item)).join(', ');
  return [
    forbiddenValue(
      'metadata.finalizers',
      `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
    ),
  ];
}
