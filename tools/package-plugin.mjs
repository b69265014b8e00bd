// Packs the kubectl plugin for those who have no npm: an archive with the program in one file, one with Node in it for this
// machine's platform, and the manifest by which krew installs them. Run after the build of packages/kubectl-clusternet.
//   node --conditions=@clusternet/source tools/package-plugin.mjs --out DIR [--url URL] [--no-executable] [--add FILE …]
// --add names archives of other platforms, made by the same program there: kubectl-clusternet-OS-ARCH.tar.gz
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { stringifyYaml } from '../packages/kube-data/src/yaml.ts';
import { buildExecutable } from './plugin/build-executable.mjs';
import { createKrewManifest } from './plugin/krew-manifest.mjs';
import { writeTarGz } from './plugin/write-tar.mjs';

const PACKAGE = join(import.meta.dirname, '../packages/kubectl-clusternet');
const NAME = 'kubectl-clusternet';
const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    url: { type: 'string' },
    'no-executable': { type: 'boolean', default: false },
    add: { type: 'string', multiple: true, default: [] },
  },
});
if (values.out === undefined) throw new Error('say where to put the archives: --out DIR');
const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));
const { out, url = `https://github.com/clusternet/clusternet-ts/releases/download/${NAME}%40${version}` } =
  values;
const script = join(PACKAGE, 'dist/standalone/kubectl-clusternet.cjs');
mkdirSync(out, { recursive: true });

const licence = { name: 'LICENSE', mode: 0o644, data: readFileSync(join(PACKAGE, '../../LICENSE')) };
const digest = (data) => createHash('sha256').update(data).digest('hex');

/** @param {string} suffix - what it is for @param {string} name - of the program in it */
function writeArchive(suffix, name, program) {
  const file = `${NAME}-${suffix}.tar.gz`;
  const data = writeTarGz([{ name, mode: 0o755, data: program }, licence]);
  writeFileSync(join(out, file), data);
  return { file, sha256: digest(data) };
}

const archives = [writeArchive('portable', NAME, readFileSync(script))];
if (!values['no-executable']) {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const platform = `${os}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const name = os === 'windows' ? `${NAME}.exe` : NAME;
  const executable = join(out, name);
  await buildExecutable(script, executable);
  archives.push({ ...writeArchive(platform, name, readFileSync(executable)), platform });
  rmSync(executable);
}
for (const path of values.add) {
  const file = basename(path);
  const [, platform] = /^kubectl-clusternet-(\w+-\w+)\.tar\.gz$/.exec(file) ?? [];
  if (platform === undefined)
    throw new Error(`${file} does not say its platform: kubectl-clusternet-OS-ARCH.tar.gz`);
  archives.push({ file, platform, sha256: digest(readFileSync(path)) });
}
writeFileSync(join(out, 'clusternet.yaml'), stringifyYaml(createKrewManifest({ version, url, archives })));
for (const { file, sha256 } of archives) console.log(`${sha256}  ${file}`);
