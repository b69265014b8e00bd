import { isJsonObject, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';

/** How a field stands in a message of `openapi_v2` (gnostic's protobuf form of a document). */
interface Field {
  /** Number of the field; further ones lead through messages that hold nothing else. */
  readonly path: readonly number[];
  readonly kind: 'any' | 'bool' | 'double' | 'integer' | 'text' | Message;
  /** The value is a list, and each of its items a field. Implied for messages and texts. */
  readonly repeated?: boolean;
}

interface Message {
  readonly fields: ReadonlyMap<string, Field>;
  /** Every other key is a name: entries of this field, and what they hold. */
  readonly named?: { readonly number: number; readonly value: () => Field };
  /** Keys that begin with `x-` stand here. */
  readonly extensions?: number;
}

const message = (
  fields: Readonly<
    Record<string, readonly [path: number | readonly number[], kind: Field['kind'], repeated?: true]>
  >,
  more: Omit<Message, 'fields'> = {},
): Message => ({
  fields: new Map(
    Object.entries(fields).map(([key, [path, kind, repeated]]) => [
      key,
      {
        path: typeof path === 'number' ? [path] : path,
        kind,
        ...(repeated === undefined ? {} : { repeated }),
      },
    ]),
  ),
  ...more,
});

const named =
  (kind: Message, path: readonly number[] = [2]): (() => Field) =>
  () => ({ path, kind });

/** Schemas hold schemas, so their fields are added to one that is there. */
const schemaFields = new Map<string, Field>();
const SCHEMA: Message = { fields: schemaFields, extensions: 31 };
const PROPERTIES = message({}, { named: { number: 1, value: named(SCHEMA) } });
for (const [key, field] of message({
  $ref: [1, 'text'],
  format: [2, 'text'],
  title: [3, 'text'],
  description: [4, 'text'],
  default: [5, 'any'],
  maximum: [7, 'double'],
  minimum: [9, 'double'],
  maxLength: [11, 'integer'],
  minLength: [12, 'integer'],
  pattern: [13, 'text'],
  maxItems: [14, 'integer'],
  minItems: [15, 'integer'],
  required: [19, 'text'],
  enum: [20, 'any', true],
  additionalProperties: [[21, 1], SCHEMA],
  type: [[22, 1], 'text'],
  items: [[23, 1], SCHEMA],
  allOf: [24, SCHEMA],
  properties: [25, PROPERTIES],
}).fields)
  schemaFields.set(key, field);

const PARAMETER = message({ in: [2, 'text'], name: [4, 'text'], type: [6, 'text'] });
const RESPONSE = message({ description: [1, 'text'], schema: [[2, 1], SCHEMA] });
const RESPONSES = message({}, { named: { number: 1, value: named(RESPONSE, [2, 1]) } });
const OPERATION = message(
  {
    description: [3, 'text'],
    operationId: [5, 'text'],
    produces: [6, 'text'],
    consumes: [7, 'text'],
    parameters: [[8, 1, 2, 3], PARAMETER],
    responses: [9, RESPONSES],
  },
  { extensions: 13 },
);
const PATH_ITEM = message({
  get: [2, OPERATION],
  put: [3, OPERATION],
  post: [4, OPERATION],
  delete: [5, OPERATION],
  patch: [7, OPERATION],
});
const DOCUMENT = message({
  swagger: [1, 'text'],
  info: [2, message({ title: [1, 'text'], version: [2, 'text'] })],
  paths: [8, message({}, { named: { number: 2, value: named(PATH_ITEM) } })],
  definitions: [9, PROPERTIES],
});

/**
 * An OpenAPI v2 document in the form that client-go asks for, `com.github.proto-openapi.spec.v2.v1.0+protobuf`: what
 * {@link createV2Document} writes, and nothing else.
 */
export function encodeV2Document(document: JsonObject): Buffer {
  return encodeMessage(document, DOCUMENT);
}

function encodeMessage(value: JsonObject, { fields, named: entries, extensions }: Message): Buffer {
  const parts: Buffer[] = [];
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined || item === null) continue;
    const field = fields.get(key);
    if (field !== undefined) parts.push(...encodeField(item, field));
    else if (entries !== undefined) {
      const entry = [encodeScalar(1, key, 'text'), ...encodeField(item, entries.value())];
      parts.push(encodeBytes(entries.number, Buffer.concat(entry)));
    } else if (extensions !== undefined && key.startsWith('x-')) {
      const entry = [encodeScalar(1, key, 'text'), encodeScalar(2, item, 'any')];
      parts.push(encodeBytes(extensions, Buffer.concat(entry)));
    }
  }
  return Buffer.concat(parts);
}

function encodeField(value: JsonValue, field: Field): Buffer[] {
  const { path, kind, repeated = kind !== 'any' } = field;
  const items = repeated && Array.isArray(value) ? value : [value];
  return items.flatMap((item) => {
    const [number = 0, ...outer] = path.toReversed();
    // What may be a schema or a truth value has the latter beside the former.
    const encoded =
      typeof kind === 'string'
        ? encodeScalar(number, item, kind)
        : isJsonObject(item)
          ? encodeBytes(number, encodeMessage(item, kind))
          : encodeScalar(number + 1, item, 'bool');
    return outer.reduce((inner, wrapper) => encodeBytes(wrapper, inner), encoded);
  });
}

function encodeScalar(number: number, value: JsonValue, kind: Exclude<Field['kind'], Message>): Buffer {
  switch (kind) {
    case 'text':
      return encodeBytes(number, Buffer.from(typeof value === 'string' ? value : stringifyJson(value)));
    case 'any': // as YAML, which JSON is
      return encodeBytes(number, encodeBytes(2, Buffer.from(stringifyJson(value))));
    case 'bool':
      return Buffer.concat([encodeVarint(number << 3), encodeVarint(value === true ? 1 : 0)]);
    case 'integer':
      return Buffer.concat([encodeVarint(number << 3), encodeVarint(Number(value))]);
    case 'double': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(Number(value));
      return Buffer.concat([encodeVarint((number << 3) | 1), bytes]);
    }
  }
}

function encodeBytes(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([encodeVarint((number << 3) | 2), encodeVarint(bytes.length), bytes]);
}

/** @param value - a whole number from 0 */
function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
