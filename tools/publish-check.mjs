// Checks a package as it would be published: run in its folder, after its build. publint and attw look at the tarball.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'clusternet-pack-'));
const run = (command, args) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
try {
  run('pnpm', ['pack', '--pack-destination', folder]);
  const [name] = readdirSync(folder);
  const tarball = join(folder, name);
  run('publint', ['run', tarball, '--strict']);
  run('attw', [tarball, '--profile', 'esm-only', '--no-emoji']);
  console.log(`${name}: ok`);
} catch (error) {
  console.error(`${process.cwd()}: ${error.stdout ?? ''}${error.stderr ?? error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
