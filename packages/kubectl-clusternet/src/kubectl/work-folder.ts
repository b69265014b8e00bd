import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of this run, for its user only. Disposing it removes it. */
export interface WorkFolder extends Disposable {
  readonly path: string;
  /** Writes a file that only its user may read. @returns its path */
  write(name: string, text: string): string;
}

export function createWorkFolder(): WorkFolder {
  const path = mkdtempSync(join(tmpdir(), 'kubectl-clusternet-'));
  return {
    path,
    write: (name, text) => {
      const file = join(path, name);
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
