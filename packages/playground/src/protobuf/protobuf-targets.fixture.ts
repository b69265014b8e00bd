import { isApiError } from '@clusternet/apiserver';
import { equalJson, parseJson, stringifyJson } from '@clusternet/kube-data';
import fc from 'fast-check';
import type { IRawProperty } from 'fast-check';
import { decodeEnvelope } from './decode-envelope.ts';

const MAGIC = Uint8Array.from(Buffer.from('k8s\0'));

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.from([...bytes, rest]);
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function lengthDelimited(number: number, bytes: Uint8Array): Uint8Array {
  return concat(varint(number * 8 + 2), varint(bytes.length), bytes);
}

/** A message of any shape: numbers, texts and messages in fields of small numbers, which most kinds have. */
const message = fc.letrec<{ field: Uint8Array; message: Uint8Array }>((tie) => ({
  message: fc.array(tie('field'), { maxLength: 4 }).map((fields) => concat(...fields)),
  field: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(fc.integer({ min: 1, max: 20 }), fc.nat())
      .map(([number, value]) => concat(varint(number * 8), varint(value))),
    fc
      .tuple(fc.integer({ min: 1, max: 20 }), fc.uint8Array({ maxLength: 6 }))
      .map(([number, bytes]) => lengthDelimited(number, bytes)),
    fc
      .tuple(fc.integer({ min: 1, max: 20 }), tie('message'))
      .map(([number, bytes]) => lengthDelimited(number, bytes)),
    fc
      .tuple(fc.integer({ min: 0, max: 20 }), fc.constantFrom(1, 3, 4, 5, 7), fc.uint8Array({ maxLength: 8 }))
      .map(([number, wire, bytes]) => concat(varint(number * 8 + wire), bytes)),
  ),
})).message;

const kind = fc.constantFrom(
  ['v1', 'Pod'],
  ['v1', 'Secret'],
  ['apps/v1', 'Deployment'],
  ['v1', 'DeleteOptions'],
  ['v1', 'Service'],
  ['rbac.authorization.k8s.io/v1', 'Role'],
  ['a', '__proto__'],
);

function envelope([apiVersion = '', name = '']: readonly string[], raw: Uint8Array): Uint8Array {
  const type = concat(
    lengthDelimited(1, Uint8Array.from(Buffer.from(apiVersion))),
    lengthDelimited(2, Uint8Array.from(Buffer.from(name))),
  );
  return concat(MAGIC, lengthDelimited(1, type), lengthDelimited(2, raw));
}

/** Whether bytes are read into JSON or refused as a bad request. */
function isSound(bytes: Uint8Array): boolean {
  try {
    const value = decodeEnvelope(Buffer.from(bytes));
    return equalJson(parseJson(stringifyJson(value)), value);
  } catch (error) {
    return isApiError(error, 'BadRequest');
  }
}

/** What holds of protobuf, whatever comes. */
export const protobufTargets: readonly { readonly name: string; readonly property: IRawProperty<unknown> }[] =
  [
    {
      name: 'bytes are read or refused',
      property: fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => isSound(concat(MAGIC, bytes))),
    },
    {
      name: 'messages of any shape are read or refused',
      property: fc.property(kind, message, (of, raw) => isSound(envelope(of, raw))),
    },
    {
      name: 'messages that were damaged are read or refused',
      property: fc.property(kind, message, fc.nat(), fc.nat({ max: 255 }), (of, raw, at, byte) => {
        const whole = envelope(of, raw);
        whole[at % whole.length] = byte;
        return isSound(whole) && isSound(whole.subarray(0, at % whole.length));
      }),
    },
  ];
