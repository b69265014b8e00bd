// Proves that every package can be versioned on its own: a version plan for one, and what Nx would release.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const plans = join('.nx', 'version-plans');
const plan = join(plans, 'dry-run.md');
mkdirSync(plans, { recursive: true });
writeFileSync(plan, '---\nkube-data: minor\n---\n\nA change to try the release with.\n');
try {
  // Nx colours what it prints wherever it believes to be in CI.
  const printed = execFileSync('nx', ['release', '--dry-run', '--skip-publish', '--verbose=false'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NX_DAEMON: 'false' },
  });
  const output = stripVTControlCharacters(printed);
  const touched = [
    ...output.matchAll(/Previewing an entry in packages\/([\w-]+)\/CHANGELOG\.md for [\w-]+@([\d.]+)/g),
  ];
  const versions = new Map(touched.map(([, name, version]) => [name, version]));
  if (versions.get('kube-data') === undefined) throw new Error(`kube-data would not be released:\n${output}`);
  if (versions.has('runtime'))
    throw new Error('runtime does not depend on kube-data, and would be released with it');
  console.log(`release dry run: ${[...versions].map(([name, version]) => `${name} ${version}`).join(', ')}`);
} catch (error) {
  console.error(error.stdout ?? '', error.stderr ?? '', error.message);
  process.exitCode = 1;
} finally {
  rmSync(plan, { force: true });
}
