import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FlagReader } from '@clusternet/host';

/** The text of the file that a flag names; undefined without the flag, or with a mistake noted in `errors`. */
export function readText(flag: string, read: FlagReader, errors: string[]): string | undefined {
  const path = read.text(flag);
  if (path === '') return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    errors.push(
      `--${flag}: ${path} cannot be read (${error instanceof Error ? error.message : String(error)})`,
    );
    return undefined;
  }
}

/** The same for a file of PEM certificates, which is looked into. */
export function readCertificates(flag: string, read: FlagReader, errors: string[]): string | undefined {
  const pem = readText(flag, read, errors);
  if (pem === undefined) return undefined;
  try {
    new X509Certificate(pem);
    return pem;
  } catch {
    errors.push(`--${flag}: ${read.text(flag)} holds no PEM certificate`);
    return undefined;
  }
}
