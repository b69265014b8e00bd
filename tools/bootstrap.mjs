#!/usr/bin/env node
// Sets up what a command of this repository needs and then runs it: `node tools/bootstrap.mjs COMMAND [ARG...]`.
// Needs only Node 18 or newer, npm and git; everything else goes into this folder. Talks on standard error, so
// that standard output is the command's own.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const toolsDir = join(root, '.tools');
const pnpmVersion = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('@')[1];
const commands = {
  demo: 'start a parent and two children, join them and deliver an application',
  test: 'run every check and every test',
  e2e: 'run the journeys: -- --on embedded|real [--only NAME]',
  conformance: 'hold control planes to the API and its clients: -- --on embedded|real',
  interop: 'run ours against peers of other people: -- [tunnel]',
  fuzz: 'send random input to what must stand it: -- apiserver|tunnel [--seed S]',
  chaos: 'kill parts of a fleet at random while it works: -- delivery [--minutes N] [--json]',
  'sdk-smoke': 'install the packed SDK in an empty project, type-check and run its examples there',
  bench: 'run the benchmarks: -- [NAME] [--json]',
  'rbac-audit':
    'compare the rights that are granted with those that the last journeys on real control planes used',
  assets: 'find or build the real Kubernetes programs for tests',
  build: 'build every package and program',
  lint: 'lint',
  typecheck: 'check types',
  format: 'format all files',
  generate: 'write the generated files: CRDs, manifests, the API report of the SDK',
};

// Node's compile cache belongs here too, not into the machine's temporary folder.
process.env.NODE_COMPILE_CACHE = join(toolsDir, 'compile-cache');

const say = (text) => process.stderr.write(`clusternet: ${text}\n`);
const fail = (text) => {
  say(text);
  process.exit(1);
};

function checkMachine() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 18)
    fail(`Node ${process.versions.node} is too old; install Node 18 or newer from https://nodejs.org`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  try {
    execFileSync(npm, ['--version'], { stdio: 'ignore' });
  } catch {
    fail('npm is not on PATH; it comes with Node from https://nodejs.org');
  }
  return npm;
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 'inherit'], ...options }).status ?? 1;
}

/** pnpm, at the version in package.json, in .tools. */
function providePnpm(npm) {
  const bin = join(toolsDir, 'node_modules', '.bin');
  const manifest = join(toolsDir, 'node_modules', 'pnpm', 'package.json');
  const has = existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === pnpmVersion;
  if (has) return bin;
  say(`installing pnpm ${pnpmVersion} into .tools (once)`);
  mkdirSync(toolsDir, { recursive: true });
  writeFileSync(join(toolsDir, 'package.json'), '{ "private": true }\n');
  const args = [
    'install',
    `pnpm@${pnpmVersion}`,
    '--no-save',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  if (run(npm, args, { cwd: toolsDir }) !== 0) fail('npm could not install pnpm; is its registry reachable?');
  return bin;
}

/** What an installed node_modules must match. */
function installKey() {
  const hash = createHash('sha256').update(process.platform + process.arch);
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'];
  for (const parent of ['packages', 'apps']) {
    if (!existsSync(join(root, parent))) continue;
    for (const name of readdirSync(join(root, parent)).sort()) files.push(join(parent, name, 'package.json'));
  }
  for (const file of [...files, 'e2e/package.json', 'bench/package.json']) {
    if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

function installPackages(path) {
  const stamp = join(root, 'node_modules', '.clusternet-install');
  const key = installKey();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
  say('installing packages');
  const args = ['install', '--frozen-lockfile', '--reporter=append-only'];
  const status = run('pnpm', args, { env: { ...process.env, PATH: path, CI: process.env.CI || 'true' } });
  if (status !== 0) fail('pnpm could not install the packages; its output above says why');
  writeFileSync(stamp, key);
}

/** The Node that came with the packages, or the one we run on if it is new enough. */
function provideNode() {
  const own = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(own)) return own;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major >= 26 || (major === 24 && minor >= 11) || (major === 22 && minor >= 19)) return process.execPath;
  return fail(
    `on this platform the project needs Node 24.11 or newer; this is ${process.versions.node}. Get it from https://nodejs.org`,
  );
}

const [command, ...args] = process.argv.slice(2);
if (!Object.hasOwn(commands, command ?? '')) {
  say('usage: npm run COMMAND [-- ARG...]');
  for (const [name, what] of Object.entries(commands)) say(`  ${name.padEnd(11)} ${what}`);
  process.exit(command === undefined || command === 'help' ? 0 : 2);
}
const npm = checkMachine();
const pnpmBin = providePnpm(npm);
const path = [join(root, 'node_modules', '.bin'), pnpmBin, process.env.PATH].join(delimiter);
installPackages(path);
const node = provideNode();
const script = join(root, 'tools', 'tasks', `${command}.mjs`);
const env = { ...process.env, PATH: path, NX_DAEMON: 'false', NX_TUI: 'false' };
delete env.npm_config_prefix;
const result = spawnSync(node, ['--conditions=@clusternet/source', script, ...args], {
  cwd: root,
  stdio: 'inherit',
  env,
});
process.exit(result.status ?? 1);
