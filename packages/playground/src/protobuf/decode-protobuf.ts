import { parseJson, setKey } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { createReader } from './wire-reader.ts';
import type { WireField } from './wire-reader.ts';

/** One field: number, JSON name, type, and flags: `r`epeated, `m`ap, `p`ointer, `i`nlined. */
export type FieldTable = readonly [number: number, json: string, type: string, flags: string];

/** Messages by full name. */
export type MessageTables = Readonly<Record<string, readonly FieldTable[]>>;

/**
 * Turns a protobuf message of Kubernetes into the JSON of the same object. What Go would leave out of JSON is
 * left out: zero values that no pointer holds.
 *
 * @throws {Error} for bytes that are not such a message
 */
export function decodeMessage(bytes: Buffer, name: string, tables: MessageTables): JsonObject {
  const object: JsonObject = {};
  const table = tables[name] ?? [];
  for (const field of createReader(bytes)) {
    const entry = table.find(([number]) => number === field.number);
    if (entry !== undefined) addField(object, entry, field, tables);
  }
  return object;
}

function addField(
  object: JsonObject,
  [, json, type, flags]: FieldTable,
  field: WireField,
  tables: MessageTables,
): void {
  if (flags.includes('m')) {
    const map = (object[json] ??= {}) as JsonObject; // only ever set here
    const [key, value] = decodeEntry(field.bytes, type, tables);
    setKey(map, key, value);
    return;
  }
  const value = decodeValue(field, type, tables);
  if (flags.includes('i')) {
    Object.assign(object, value);
  } else if (flags.includes('r')) {
    const list = (object[json] ??= []) as JsonValue[]; // only ever set here
    list.push(value);
  } else if (flags.includes('p') || !isZero(value)) setKey(object, json, value);
}

function isZero(value: JsonValue): boolean {
  return value === '' || value === 0 || value === false || value === null;
}

function decodeEntry(bytes: Buffer, type: string, tables: MessageTables): [string, JsonValue] {
  let key = '';
  let value: JsonValue = type.includes('.') ? {} : type === 'string' || type === 'bytes' ? '' : 0;
  for (const field of createReader(bytes)) {
    if (field.number === 1) key = field.bytes.toString('utf8');
    else if (field.number === 2) value = decodeValue(field, type, tables);
  }
  return [key, value];
}

function decodeValue(field: WireField, type: string, tables: MessageTables): JsonValue {
  switch (type) {
    case 'string':
      return field.bytes.toString('utf8');
    case 'bytes':
      return field.bytes.toString('base64');
    case 'bool':
      return field.integer !== 0n;
    case 'double':
      return field.bytes.readDoubleLE(0);
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
      return toNumber(field.integer);
    default:
      return decodeSpecial(field.bytes, type, tables);
  }
}

function toNumber(value: bigint): bigint | number {
  const signed = BigInt.asIntN(64, value);
  return signed >= BigInt(Number.MIN_SAFE_INTEGER) && signed <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(signed)
    : signed;
}

/** Types whose JSON is not an object of their fields. */
function decodeSpecial(bytes: Buffer, type: string, tables: MessageTables): JsonValue {
  const fields = (): Map<number, WireField> =>
    new Map([...createReader(bytes)].map((field) => [field.number, field]));
  switch (type.slice(type.lastIndexOf('.') + 1)) {
    case 'Time':
    case 'MicroTime':
      return decodeTime(fields(), type.endsWith('MicroTime'));
    case 'Quantity':
      return fields().get(1)?.bytes.toString('utf8') ?? '0';
    case 'IntOrString': {
      const found = fields();
      return found.get(1)?.integer === 1n
        ? (found.get(3)?.bytes.toString('utf8') ?? '')
        : toNumber(found.get(2)?.integer ?? 0n);
    }
    case 'RawExtension':
    case 'FieldsV1': {
      const raw = fields().get(1)?.bytes;
      return raw === undefined || raw.length === 0 ? null : parseJson(raw.toString('utf8'));
    }
    case 'ExtraValue':
      return [...createReader(bytes)].map((field) => field.bytes.toString('utf8'));
    default:
      return decodeMessage(bytes, type, tables);
  }
}

function decodeTime(fields: ReadonlyMap<number, WireField>, isMicro: boolean): JsonValue {
  const seconds = fields.get(1);
  if (seconds === undefined) return null;
  const text = new Date(Number(BigInt.asIntN(64, seconds.integer)) * 1000).toISOString().slice(0, 19);
  if (!isMicro) return `${text}Z`;
  const micros = Math.floor(Number(fields.get(2)?.integer ?? 0n) / 1000);
  return `${text}.${String(micros).padStart(6, '0')}Z`;
}
