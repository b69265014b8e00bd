import { stringifyJson } from '@clusternet/kube-data';

/** What a fake API answers. */
export interface FakeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array> | string;
}

/** An answer of JSON. */
export function json(status: number, value: unknown): FakeAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: stringifyJson(value) };
}

/** A `Status` as an API server answers with. */
export function statusAnswer(
  code: number,
  reason: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): FakeAnswer {
  const answer = json(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code });
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
