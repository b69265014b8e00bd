import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'examples/sdk');
const LIMIT_MS = 300_000;
const SCOPE = '@clusternet/';

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest; // we wrote it
}

/** Our packages that the examples need, those included that these need, by their folders' names. */
function gatherPackages(): string[] {
  const found = new Set<string>();
  const add = ({ dependencies = {} }: Manifest): void => {
    for (const name of Object.keys(dependencies)) {
      if (!name.startsWith(SCOPE)) continue;
      const folder = name.slice(SCOPE.length);
      if (found.has(folder)) continue;
      found.add(folder);
      add(readManifest(join(ROOT, 'packages', folder)));
    }
  };
  add(readManifest(EXAMPLES));
  return [...found];
}

async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  // Nothing of this repository is to be found from there; where the registry is, npm learns from its environment.
  const env = { ...process.env, NODE_OPTIONS: '', NODE_PATH: '' };
  try {
    await promisify(execFile)(command, args, { cwd, env, maxBuffer: 64 * 1024 * 1024, timeout: LIMIT_MS });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')}: ${stderr}${stdout}`, { cause: error });
  }
}

/**
 * Packs our packages and installs them in a project of its own, as somebody elsewhere would.
 * @returns the names of the packages
 */
export async function installProject(folder: string): Promise<readonly string[]> {
  const packages = gatherPackages();
  const tarballs = join(folder, 'tarballs');
  const project = join(folder, 'project');
  mkdirSync(tarballs);
  for (const name of packages)
    await run('pnpm', ['pack', '--pack-destination', tarballs], join(ROOT, 'packages', name));
  cpSync(join(EXAMPLES, 'src'), join(project, 'src'), { recursive: true });
  cpSync(join(EXAMPLES, 'tsconfig.json'), join(project, 'tsconfig.json'));
  const { dependencies: _ours, ...manifest } = readManifest(EXAMPLES);
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  const files = readdirSync(tarballs).map((name) => join(tarballs, name));
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await run('npm', ['install', ...flags, ...files], project);
  return packages;
}

/** Compiles the examples with the project's own compiler, which checks the declarations of our packages as well. */
export async function compileProject(folder: string): Promise<void> {
  const project = join(folder, 'project');
  await run(process.execPath, [join(project, 'node_modules/typescript/bin/tsc'), '-p', project], project);
}
