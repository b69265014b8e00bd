import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a file that only its owner may read. @returns its path */
export function writeSecretFile(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
