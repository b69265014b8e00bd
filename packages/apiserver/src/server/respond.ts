import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { stringifyJson, stringifyYaml } from '@clusternet/kube-data';
import { createStatus, isApiError } from '../errors/api-error.ts';
import type { ApiError } from '../errors/api-error.ts';
import { createInternalError, isPageNotFound } from '../errors/status-errors.ts';
import type { ApiResponse } from './request.ts';

/** Turns whatever was thrown into what is answered. */
export function toApiError(error: unknown): ApiError {
  return isApiError(error) ? error : createInternalError(error);
}

/** Sends text under a content type. */
export function writeText(response: ApiResponse, code: number, contentType: string, text: string): void {
  response.writeHead(code, {
    'content-type': contentType,
    'cache-control': 'no-cache, private',
    'content-length': String(Buffer.byteLength(text)),
  });
  response.end(text); // as text it leaves in one write with its head
}

/** Sends a value as JSON. */
export function writeJson(response: ApiResponse, code: number, value: unknown): void {
  writeText(response, code, 'application/json', `${stringifyJson(value)}\n`);
}

/** Sends a value in the media type that was negotiated. */
export function writeValue(
  response: ApiResponse,
  code: number,
  mediaType: 'application/json' | 'application/yaml',
  value: unknown,
): void {
  if (mediaType === 'application/yaml') writeText(response, code, mediaType, stringifyYaml(value));
  else writeJson(response, code, value);
}

/** Answers with a Status; with plain text where the path is none of the API. */
export function writeError(response: ApiResponse, error: ApiError): void {
  if (isPageNotFound(error)) {
    writeText(response, 404, 'text/plain; charset=utf-8', `${error.message}\n`);
    return;
  }
  const retryAfter = error.details?.retryAfterSeconds;
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  writeJson(response, error.httpCode, createStatus(error));
}

/** Answers a request to upgrade with a Status and closes the socket. */
export function writeUpgradeError(socket: Duplex, error: ApiError): void {
  const body = `${stringifyJson(createStatus(error))}\n`;
  const head = [
    `HTTP/1.1 ${error.httpCode} ${STATUS_CODES[error.httpCode] ?? ''}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    '',
  ].join('\r\n');
  socket.end(head + body);
}
