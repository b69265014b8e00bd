import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cachePath } from './catalog.ts';
import type { Asset } from './catalog.ts';

const DOWNLOAD_TIMEOUT_MS = 300_000;
const CONNECT_TIMEOUT_MS = 5000;

/** Downloads the project's own build and checks it against the checksum the project publishes. */
export async function downloadAsset(asset: Asset): Promise<string> {
  if (asset.download === undefined) throw new Error('the project publishes none for this platform');
  const { url, checksumUrl, pathInside } = asset.download;
  const sums = Buffer.from(await get(checksumUrl, CONNECT_TIMEOUT_MS)).toString('utf8');
  const body = Buffer.from(await get(url, DOWNLOAD_TIMEOUT_MS));
  const digest = createHash('sha256').update(body).digest('hex');
  const file = url.slice(url.lastIndexOf('/') + 1);
  const line = sums.split('\n').find((text) => text.includes(file)) ?? sums;
  if (!line.includes(digest)) throw new Error(`${url} does not match its published checksum`);
  return intoCache(asset, (folder) => {
    const target = join(folder, asset.name);
    if (pathInside === undefined) {
      writeFileSync(target, body);
    } else {
      writeFileSync(join(folder, file), body);
      execFileSync('tar', ['-xzf', file, pathInside], { cwd: folder });
      renameSync(join(folder, pathInside), target);
    }
    return Promise.resolve(target);
  });
}

async function get(url: string, timeoutMs: number): Promise<ArrayBuffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.arrayBuffer();
}

/** Builds the program from the Go module that pins it. Takes minutes for Kubernetes. */
export function buildAsset(asset: Asset, onOutput: (line: string) => void): Promise<string> {
  return intoCache(asset, async (folder) => {
    const target = join(folder, asset.name);
    const ldflags = ['-s', '-w', ...asset.ldflags].join(' ');
    const modFile = asset.modFile === undefined ? [] : [`-modfile=${asset.modFile}`];
    const args = ['build', ...modFile, '-trimpath', '-ldflags', ldflags, '-o', target, asset.goPackage];
    const child = spawn('go', args, {
      cwd: asset.module,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4000);
      onOutput(text.trim().split('\n').at(-1) ?? '');
    });
    const code = await new Promise((resolve) => {
      child.once('error', () => {
        resolve(127);
      });
      child.once('close', resolve);
    });
    if (code !== 0) throw new Error(`go build ended with ${String(code)}: ${errors.trim().split('\n').slice(-3).join(' ')}`);
    return target;
  });
}

/** Makes the file beside its place and moves it there, so that a broken build is never found. */
async function intoCache(asset: Asset, make: (folder: string) => Promise<string>): Promise<string> {
  const path = cachePath(asset);
  mkdirSync(dirname(dirname(path)), { recursive: true });
  const folder = mkdtempSync(`${dirname(path)}.tmp-`);
  try {
    const made = await make(folder);
    chmodSync(made, 0o755);
    mkdirSync(dirname(path), { recursive: true });
    renameSync(made, path);
    return path;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
