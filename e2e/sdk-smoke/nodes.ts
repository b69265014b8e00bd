import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** The newest of each line that the packages promise to run on, when this was written. */
const VERSIONS = ['22.23.3', '24.21.0', '26.12.1'] as const;

const TOOLS = resolve(import.meta.dirname, '../../.tools');

/** A Node to run something on. */
export interface NodeProgram {
  readonly version: string;
  readonly path: string;
}

/**
 * The Nodes that programs are tried on: the one that runs this, and others from npm, which are kept.
 * @param majors - such as `22`; all that are promised when empty
 * @throws when one cannot be had
 */
export async function provideNodes(majors: readonly string[]): Promise<readonly NodeProgram[]> {
  const unknown = majors.find((major) => !VERSIONS.some((version) => version.startsWith(`${major}.`)));
  if (unknown !== undefined)
    throw new TypeError(`there is no Node ${unknown} here, only ${VERSIONS.join(', ')}`);
  const wanted = VERSIONS.filter(
    (version) => majors.length === 0 || majors.some((major) => version.startsWith(`${major}.`)),
  );
  return Promise.all(wanted.map(async (version) => ({ version, path: await provideNode(version) })));
}

async function provideNode(version: string): Promise<string> {
  if (process.version === `v${version}`) return process.execPath;
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(TOOLS, `node-${version}`);
  const path = join(folder, 'node_modules', name, 'bin', 'node');
  if (existsSync(path)) return path;
  const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
  await promisify(execFile)('npm', ['install', '--prefix', folder, ...flags, `${name}@${version}`]);
  return path;
}
