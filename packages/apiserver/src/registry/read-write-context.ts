import type { StatusCause } from '../errors/api-error.ts';
import { createInvalid } from '../errors/status-errors.ts';
import { getContentType } from '../decode/read-input.ts';
import { getHeader } from '../server/header-map.ts';
import type { ApiRequest, ApiResponse } from '../server/request.ts';
import { createWarnings } from '../server/warnings.ts';
import type { WriteContext } from './definition.ts';
import { forbiddenValue, invalidValue, requiredValue, unsupportedValue } from './object-rules.ts';

const APPLY = 'application/apply-patch+yaml';
const OPTION_KINDS: ReadonlyMap<string, string> = new Map([
  ['PATCH', 'PatchOptions'],
  ['POST', 'CreateOptions'],
  ['PUT', 'UpdateOptions'],
]);
const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];
const MAX_MANAGER_BYTES = 128;

/**
 * Reads what a write carries beside its object. Warnings go out as headers of the answer.
 * @throws {ApiError} `Invalid` for options that there are not
 */
export function readWriteContext(
  request: ApiRequest,
  response: ApiResponse,
  signal?: AbortSignal,
): WriteContext {
  const { query } = request;
  const dryRun = query.getAll('dryRun');
  const fieldManager = query.get('fieldManager') ?? '';
  const fieldValidation = query.get('fieldValidation') ?? '';
  const kind = OPTION_KINDS.get(request.method);
  if (kind !== undefined) {
    const causes = [
      ...(kind === 'PatchOptions' ? validatePatch(request, fieldManager) : []),
      ...validateManager(fieldManager),
      ...validateDryRun(dryRun),
      ...(VALIDATIONS.includes(fieldValidation)
        ? []
        : [unsupportedValue('fieldValidation', fieldValidation, VALIDATIONS)]),
    ];
    if (causes.length > 0) throw createInvalid({ group: 'meta.k8s.io', kind }, '', causes);
  }
  return {
    user: request.user,
    dryRun: dryRun.length > 0,
    fieldManager: fieldManager === '' ? defaultManager(request) : fieldManager,
    fieldValidation: toValidation(fieldValidation),
    warn: createWarnings(response),
    options: {
      ...(dryRun.length === 0 ? {} : { dryRun }),
      ...(fieldManager === '' ? {} : { fieldManager }),
      ...(fieldValidation === '' ? {} : { fieldValidation }),
    },
    ...(signal === undefined ? {} : { signal }),
  };
}

function toValidation(text: string): WriteContext['fieldValidation'] {
  return text === 'Ignore' || text === 'Strict' ? text : 'Warn';
}

function validatePatch(request: ApiRequest, fieldManager: string): StatusCause[] {
  if (getContentType(request) === APPLY)
    return fieldManager === '' ? [requiredValue('fieldManager', 'is required for apply patch')] : [];
  return request.query.has('force')
    ? [forbiddenValue('force', 'may not be specified for non-apply patch')]
    : [];
}

/** What is wrong with the values of `dryRun`. */
export function validateDryRun(values: readonly unknown[]): StatusCause[] {
  return values.every((value) => value === 'All') ? [] : [unsupportedValue('dryRun', values, ['All'])];
}

function validateManager(manager: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (Buffer.byteLength(manager) > MAX_MANAGER_BYTES) {
    const message = `Too long: may not be more than ${MAX_MANAGER_BYTES} bytes`;
    causes.push({ reason: 'FieldValueTooLong', message, field: 'fieldManager' });
  }
  let position = 0;
  for (const character of manager) {
    if (!isPrintable(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      const reason = `invalid character U+${code} (at position ${position})`;
      causes.push(invalidValue('fieldManager', manager, reason));
    }
    position += Buffer.byteLength(character);
  }
  return causes;
}

/** As Go sees it: letters, marks, numbers, punctuation, symbols and the plain space. */
function isPrintable(character: string): boolean {
  return character === ' ' || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character);
}

/** The program's name out of its User-Agent; an apply has to name its manager itself. */
function defaultManager(request: ApiRequest): string {
  if (getContentType(request) === APPLY) return '';
  const [program = ''] = (getHeader(request.headers, 'user-agent') ?? '').split('/');
  let name = '';
  for (const character of program) {
    if (!isPrintable(character)) continue;
    if (Buffer.byteLength(name + character) > MAX_MANAGER_BYTES) break;
    name += character;
  }
  return name === '' ? 'unknown' : name;
}
