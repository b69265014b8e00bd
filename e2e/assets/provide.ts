// Provides the real programs that the tests run against: npm run assets
import { execFileSync } from 'node:child_process';
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

const isQuiet = process.argv.includes('--quiet');
const isRequired = process.env['CLUSTERNET_REQUIRE_REAL'] === '1' || process.argv.includes('--require');
const go = assets.every((asset) => findAsset(asset) !== undefined) ? '' : goVersion();
let missing = 0;
for (const asset of assets) {
  try {
    const where = await provide(asset, go !== undefined);
    if (!isQuiet) console.log(`${asset.name.padEnd(24)} ${asset.version.padEnd(8)} ${where}`);
  } catch (error) {
    missing += 1;
    console.log(`${asset.name.padEnd(24)} ${asset.version.padEnd(8)} MISSING: ${errorText(error)}`);
  }
}
if (missing > 0) {
  console.error(
    `\n${missing} real program${missing === 1 ? ' is' : 's are'} missing: tests against a real Kubernetes cannot run here, only the embedded ones.`,
  );
  process.exitCode = isRequired ? 1 : 0;
}
