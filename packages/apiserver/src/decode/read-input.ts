import { findJsonMistake, isParseError, parseJson, parseYaml } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { ApiError } from '../errors/api-error.ts';
import { createBadRequest } from '../errors/status-errors.ts';
import type { DocumentSource, StoredResourceDefinition } from '../registry/definition.ts';
import { getHeader } from '../server/header-map.ts';
import type { ApiRequest, BodyDecoders } from '../server/request.ts';

/** A value as a client sent it. */
export interface Input {
  readonly value: JsonValue;
  /** The text it came from, unless it came from something else. */
  readonly source?: DocumentSource;
  /** Makes a refusal of what is not even recognized as an object. @param reason - in Go's words */
  readonly refuse: (reason: string) => ApiError;
}

const NO_DECODERS: BodyDecoders = new Map();
const FORMATS: ReadonlyMap<string, DocumentSource['format']> = new Map([
  ['', 'json'],
  ['application/json', 'json'],
  ['application/yaml', 'yaml'],
]);

/** The media type of a body, in lower case and without parameters. */
export function getContentType(request: ApiRequest): string {
  const [type = ''] = (getHeader(request.headers, 'content-type') ?? '').split(';');
  return type.trim().toLowerCase();
}

/** What a body is to be read as. */
export type ExpectedInput = Pick<StoredResourceDefinition, 'dialect' | 'kind'>;

/**
 * Reads a body of JSON or YAML, or of what the server has decoders for: custom resources know no other form.
 *
 * @param explain - makes a refusal out of a reason. @default one that shows how the body begins
 * @throws {ApiError} `UnsupportedMediaType`, `RequestEntityTooLarge` or `BadRequest`
 */
export async function readInput(
  request: ApiRequest,
  { kind, dialect }: ExpectedInput,
  explain?: (reason: string) => ApiError,
): Promise<Input> {
  const type = getContentType(request);
  const isGiven = getHeader(request.headers, 'content-type') !== undefined;
  const decoders = dialect === 'built-in' ? request.decoders : NO_DECODERS;
  const decode = decoders.get(type);
  const format = isGiven && type === '' ? undefined : FORMATS.get(type);
  if (decode === undefined && format === undefined) throw createUnsupportedType(decoders);
  const body = await request.readBody();
  const refuse =
    explain ??
    ((reason: string): ApiError =>
      createBadRequest(
        `the object provided is unrecognized (must be of type ${kind}): ${reason} (${summarize(body)})`,
      ));
  if (decode !== undefined) return { value: decode(body, refuse), refuse };
  const source: DocumentSource = { format: format ?? 'json', text: body.toString('utf8') };
  return { value: parseSource(source, refuse), source, refuse };
}

function createUnsupportedType(decoders: BodyDecoders): ApiError {
  const accepted = ['application/json', 'application/yaml', ...decoders.keys()].join(', ');
  return new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
  );
}

function parseSource({ format, text }: DocumentSource, refuse: Input['refuse']): JsonValue {
  try {
    if (format === 'yaml') return parseYaml(text, { takesFirst: true });
    const tooDeep = text.length > 20_000 ? findJsonMistake(text) : undefined; // short texts are not
    if (tooDeep === undefined) return parseJson(text);
  } catch (error) {
    if (!isParseError(error)) throw error;
    if (format === 'yaml') throw refuse(`yaml: ${error.message}`);
  }
  throw refuse(`couldn't get version/kind; json parse error: ${findJsonMistake(text) ?? 'not valid JSON'}`);
}

const SHOWN_BYTES = 30;

/** The beginning of a body: as text where it looks like JSON, else in hexadecimal. */
function summarize(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const start = body.subarray(0, SHOWN_BYTES);
  const shown = body[0] === 0x7b ? start.toString('utf8') : start.toString('hex');
  return body.length > SHOWN_BYTES ? `${shown} ...` : shown;
}
