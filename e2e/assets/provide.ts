// Provides the real programs that the tests run against: npm run assets
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { errorText } from '@clusternet/runtime';
import { assets } from './catalog.ts';
import type { Asset } from './catalog.ts';
import { buildAsset, downloadAsset } from './fetch.ts';
import { findAsset } from './find.ts';

const isTerminal = process.stderr.isTTY;

async function provide(asset: Asset, isGoThere: boolean): Promise<string> {
  const found = findAsset(asset);
  if (found !== undefined) return `${found.path} (${found.source})`;
  const startMs = Date.now();
  const elapsed = (): string => `${Math.round((Date.now() - startMs) / 1000)} s`;
  if (asset.download !== undefined) {
    process.stderr.write(`${asset.name} ${asset.version}: downloading\n`);
    try {
      return `${await downloadAsset(asset)} (downloaded, ${elapsed()})`;
    } catch (error) {
      process.stderr.write(`${asset.name} ${asset.version}: no download (${errorText(error)})\n`);
    }
  }
  if (!isGoThere) throw new Error('Go is not installed; install Go 1.26 or newer, or set KUBEBUILDER_ASSETS');
  process.stderr.write(`${asset.name} ${asset.version}: building from its Go module, this takes minutes\n`);
  const beat = setInterval(() => {
    process.stderr.write(`${asset.name}: still building, ${elapsed()}\n`);
  }, 30_000);
  try {
    const path = await buildAsset(asset, (line) => {
      if (isTerminal) process.stderr.write(`\r\u001b[K${line.slice(0, 100)}\r`);
    });
    return `${path} (built, ${elapsed()})`;
  } finally {
    clearInterval(beat);
  }
}

function goVersion(): string | undefined {
  try {
    return execFileSync('go', ['version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined; // not installed is a fact to report, not a failure
  }
}

const { values } = parseArgs({
  options: {
    quiet: { type: 'boolean', default: false },
    require: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
  },
});
const unknown = values.only.filter((name) => assets.every((asset) => asset.name !== name));
if (unknown.length > 0) {
  console.error(`there is no program called ${unknown.join(' or ')}`);
  process.exit(2);
}
/** CI needs every program; a person who asks for real ones can do without those of ours, which need Go. */
const isEachRequired = process.env['CLUSTERNET_REQUIRE_REAL'] === '1' || values.only.length > 0;
const wanted = assets.filter(({ name }) => values.only.length === 0 || values.only.includes(name));
const go = wanted.every((asset) => findAsset(asset) !== undefined) ? '' : goVersion();
const missing: Asset[] = [];
for (const asset of wanted) {
  try {
    const where = await provide(asset, go !== undefined);
    if (!values.quiet) console.log(`${asset.name.padEnd(24)} ${asset.version.padEnd(8)} ${where}`);
  } catch (error) {
    missing.push(asset);
    console.log(`${asset.name.padEnd(24)} ${asset.version.padEnd(8)} MISSING: ${errorText(error)}`);
  }
}
if (missing.length > 0) {
  const names = missing.map(({ name }) => name).join(', ');
  console.error(`\nmissing: ${names}. Tests that need them cannot run here, the others can.`);
  const isServerOrTool = missing.some(({ minimum }) => minimum !== undefined);
  process.exitCode = isEachRequired || (values.require && isServerOrTool) ? 1 : 0;
}
