import { findStrictErrors, findYamlDuplicates } from '@clusternet/kube-data';
import type { ApiError } from '../errors/api-error.ts';
import { createBadRequest } from '../errors/status-errors.ts';
import type { DocumentSource, StoredResourceDefinition, WriteContext } from '../registry/definition.ts';

const YAML_ERRORS = 'yaml: unmarshal errors:\n';

/**
 * What strict validation finds wrong with a document, in the order in which kube-apiserver lists it.
 *
 * @param unknown - paths of fields that nobody knows
 * @param source - undefined for what was never text
 */
export function listStrictErrors(
  definition: Pick<StoredResourceDefinition, 'dialect'>,
  unknown: readonly string[],
  source: DocumentSource | undefined,
): string[] {
  if (source?.format === 'json' && definition.dialect === 'built-in') {
    return findStrictErrors(source.text, new Set(unknown));
  }
  // Fields of custom resources are judged after the text has been read, those in YAML after it has become JSON.
  return [
    ...(source === undefined ? [] : listDuplicates(source)),
    ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
  ];
}

/** The keys that a text holds twice, as its decoder tells of them: one by one for JSON, all in one for YAML. */
export function listDuplicates({ format, text }: DocumentSource): string[] {
  if (format === 'json') return findStrictErrors(text);
  const lines = mayHoldDuplicates(text) ? findYamlDuplicates(text) : [];
  return lines.length === 0 ? [] : [YAML_ERRORS + lines.map((line) => `  ${line}`).join('\n')];
}

/** JSON is YAML too and far quicker to look through; anything else has to be read again. */
function mayHoldDuplicates(text: string): boolean {
  if (!text.trimStart().startsWith('{')) return true;
  try {
    JSON.parse(text);
  } catch {
    return true; // YAML that begins like JSON
  }
  return findStrictErrors(text).length > 0;
}

/**
 * Says what strict validation found, as the client wants it said: not at all, in warnings, or by refusing.
 *
 * @param listErrors - asked only where it matters
 * @param refuse - makes the refusal out of the whole reason
 * @throws {ApiError} what `refuse` makes, under strict validation
 */
export function reportStrictErrors(
  listErrors: () => readonly string[],
  context: WriteContext,
  refuse: (reason: string) => ApiError,
): void {
  if (context.fieldValidation === 'Ignore') return;
  const errors = listErrors();
  if (errors.length === 0) return;
  if (context.fieldValidation === 'Strict') throw refuse(`strict decoding error: ${errors.join(', ')}`);
  for (const error of errors) {
    const texts = error.startsWith(YAML_ERRORS) ? error.slice(YAML_ERRORS.length).split('\n') : [error];
    for (const text of texts) context.warn(text.trim());
  }
}

/** 400: a document that does not decode, in kube-apiserver's words. */
export function createDecodeError(
  { kind, apiVersion }: { readonly kind: string; readonly apiVersion: string },
  definition: Pick<StoredResourceDefinition, 'kind'>,
  reason: string,
): ApiError {
  const version = apiVersion.slice(apiVersion.lastIndexOf('/') + 1);
  return createBadRequest(
    `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${definition.kind}: ${reason}`,
  );
}
