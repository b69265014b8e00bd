import { createBadRequest } from '@clusternet/apiserver';
import { parseJson } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import { loadProtobufTables } from '../load-built-in-api.ts';
import { decodeMessage } from './decode-protobuf.ts';
import { createReader } from './wire-reader.ts';

/** `k8s` and a zero, in front of every message of Kubernetes. */
const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

/** The media type of these messages. */
export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

/**
 * Reads what clients send as `application/vnd.kubernetes.protobuf`: an envelope that names the kind, then the
 * object. Answers are never written in this form.
 *
 * @throws {ApiError} `BadRequest`
 */
export function decodeEnvelope(
  body: Buffer,
  refuse: (reason: string) => Error = createBadRequest,
): JsonValue {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw refuse('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  try {
    return decode(body.subarray(MAGIC.length));
  } catch (error) {
    throw refuse(`the protobuf message cannot be read: ${errorText(error)}`);
  }
}

function decode(envelope: Buffer): JsonValue {
  let [apiVersion, kind, contentType] = ['', '', ''];
  let raw = Buffer.alloc(0);
  for (const { number, bytes } of createReader(envelope)) {
    if (number === 1) {
      for (const field of createReader(bytes)) {
        if (field.number === 1) apiVersion = field.bytes.toString('utf8');
        if (field.number === 2) kind = field.bytes.toString('utf8');
      }
    } else if (number === 2) raw = Buffer.from(bytes);
    else if (number === 4) contentType = bytes.toString('utf8');
  }
  if (contentType === 'application/json') return parseJson(raw.toString('utf8'));
  const tables = loadProtobufTables();
  // Options of any group are those of `meta/v1`.
  const name =
    tables.kinds[`${apiVersion} ${kind}`] ??
    (kind === 'DeleteOptions' ? tables.kinds['v1 DeleteOptions'] : undefined);
  if (name === undefined)
    throw new Error(
      `no kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)} is known in protobuf`,
    );
  return { apiVersion, kind, ...decodeMessage(raw, name, tables.messages) };
}
