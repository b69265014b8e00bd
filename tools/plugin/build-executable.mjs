import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'postject';

/** What Node looks for in itself; the same in every Node (doc/api/single-executable-applications). */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * Makes an executable of this machine's Node and a script.
 * @param {string} script - one file, no module
 * @param {string} executable - where to put it
 */
export async function buildExecutable(script, executable) {
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-executable-'));
  try {
    const blob = join(folder, 'program.blob');
    const config = join(folder, 'config.json');
    const options = { disableExperimentalSEAWarning: true, useCodeCache: true };
    writeFileSync(config, JSON.stringify({ main: script, output: blob, ...options }));
    execFileSync(process.execPath, ['--experimental-sea-config', config], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    copyFileSync(process.execPath, executable);
    chmodSync(executable, 0o755);
    const isMac = process.platform === 'darwin';
    // A signature of what it was before would have it refused.
    if (isMac) execFileSync('codesign', ['--remove-signature', executable]);
    await inject(executable, 'NODE_SEA_BLOB', readFileSync(blob), {
      sentinelFuse: FUSE,
      ...(isMac ? { machoSegmentName: 'NODE_SEA' } : {}),
    });
    if (isMac) execFileSync('codesign', ['--sign', '-', executable]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
