import { ANNOTATIONS } from '@clusternet/api-types';
import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { isJsonObject, parseJson } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import { isPkiError, openSealedText } from '@clusternet/pki';
import type { SealKeys } from '@clusternet/pki';
import { AgentError } from '../errors.ts';

/** A token for the parent and how long it lasts. */
export interface IssuedToken {
  readonly token: string;
  /** Unix ms; undefined for a token that does not run out (of a Go parent). */
  readonly expiresMs: number | undefined;
}

/**
 * Reads the credential from an approved request: sealed to our key, or (from a Go parent) plain in the status.
 *
 * @returns undefined while there is none yet
 * @throws {AgentError} `SEALED_TO_ANOTHER_KEY` when the request was made by an agent with another key
 */
export function readCredential(
  { metadata, status }: ClusterRegistrationRequest,
  keys: SealKeys,
): IssuedToken | undefined {
  const sealed = metadata.annotations?.[ANNOTATIONS.sealedCredential];
  if (sealed === undefined) {
    const token = Buffer.from(status?.token ?? '', 'base64').toString('utf8');
    return token === '' ? undefined : { token, expiresMs: undefined };
  }
  try {
    const opened = parseObject(openSealedText(keys.privateKey, textOf(parseObject(sealed), 'box')));
    const expiresMs = Date.parse(textOf(opened, 'expires'));
    return { token: textOf(opened, 'token'), expiresMs: Number.isNaN(expiresMs) ? undefined : expiresMs };
  } catch (error) {
    if (!isPkiError(error)) throw error;
    const name = metadata.name ?? '';
    throw new AgentError(
      'SEALED_TO_ANOTHER_KEY',
      `the credential of the ClusterRegistrationRequest ${name} is sealed to the key of another agent; delete the request at the parent to register anew`,
      { cause: error },
    );
  }
}

function parseObject(text: string): JsonObject {
  const value = parseJson(text);
  return isJsonObject(value) ? value : {};
}

function textOf(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === 'string' ? value : '';
}
