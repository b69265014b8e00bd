import type { IncomingMessage } from 'node:http';
import { errorText } from '@clusternet/runtime';
import { TunnelError } from './errors.ts';
import type { TunnelErrorCode } from './errors.ts';

const REFUSAL_BYTES = 4096;

/** An answer other than 101: its status, and what it has to say. */
export interface Refusal {
  readonly status: number;
  readonly error: TunnelError;
}

/** Reads what the parent has to say, but not for long: its message is part of the error. */
export function readRefusal(response: IncomingMessage, hop: string): Promise<Refusal> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const finish = (): void => {
      const status = response.statusCode ?? 0;
      const text = `answered ${status}: ${messageOf(Buffer.concat(chunks))}`;
      resolve({ status, error: new TunnelError(codeOfStatus(status), hop, text) });
    };
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes > REFUSAL_BYTES) finish();
    });
    response.once('end', finish);
    response.once('error', finish);
    response.once('close', finish);
  });
}

function codeOfStatus(status: number): TunnelErrorCode {
  if (status === 401 || status === 403) return 'REJECTED';
  return status === 429 || status >= 500 ? 'UNAVAILABLE' : 'HANDSHAKE_FAILED';
}

function messageOf(body: Buffer): string {
  const text = body.toString('utf8').slice(0, REFUSAL_BYTES);
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message);
  } catch {
    // Not a Status: the text as it is says more than the parse error.
  }
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}

const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|ALTNAME|HOSTNAME_MISMATCH/;

/** A connection that did not come about. */
export function toDialError(cause: Error, hop: string): TunnelError {
  const code = 'code' in cause ? String(cause.code) : '';
  if (UNTRUSTED.test(code)) {
    const text = `its certificate is not trusted: ${cause.message}; give the agent the CA of the parent`;
    return new TunnelError('UNTRUSTED_CERTIFICATE', hop, text, { cause });
  }
  const isSystem = 'syscall' in cause || code.startsWith('E');
  return new TunnelError(isSystem ? 'UNREACHABLE' : 'HANDSHAKE_FAILED', hop, errorText(cause), { cause });
}
