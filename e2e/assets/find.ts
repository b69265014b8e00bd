import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { assets, cachePath } from './catalog.ts';
import type { Asset } from './catalog.ts';

export interface FoundAsset {
  readonly path: string;
  readonly source: 'cache' | 'KUBEBUILDER_ASSETS' | 'PATH';
}

/** Where an asset is on this machine, if it is; runs nothing but `--version` of what lies on PATH. */
export function findAsset(asset: Asset): FoundAsset | undefined {
  const given = process.env['KUBEBUILDER_ASSETS'];
  if (given !== undefined && isExecutable(join(given, asset.name))) {
    return { path: join(given, asset.name), source: 'KUBEBUILDER_ASSETS' };
  }
  const cached = cachePath(asset);
  if (isExecutable(cached)) return { path: cached, source: 'cache' };
  if (asset.minimum === undefined) return undefined;
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, asset.name);
    if (folder !== '' && isExecutable(path) && isNewEnough(asset.versionArgs, asset.minimum, path)) {
      return { path, source: 'PATH' };
    }
  }
  return undefined;
}

/**
 * Paths of assets by name, or `undefined` when one is missing.
 * @param names - the ones that matter; all of them unless told
 */
export function findAssets(names?: readonly Asset['name'][]): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  for (const asset of assets) {
    if (names?.includes(asset.name) === false) continue;
    const path = findAsset(asset)?.path;
    if (path === undefined) return undefined;
    found.set(asset.name, path);
  }
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // absent is the usual case
  }
}

function isNewEnough(
  versionArgs: readonly string[],
  [wantMajor, wantMinor]: readonly [number, number],
  path: string,
): boolean {
  try {
    const output = execFileSync(path, [...versionArgs], { encoding: 'utf8', timeout: 10_000, stdio: 'pipe' });
    const [, major = '0', minor = '0'] = /v?(\d+)\.(\d+)\.\d+/.exec(output) ?? [];
    return Number(major) > wantMajor || (Number(major) === wantMajor && Number(minor) >= wantMinor);
  } catch {
    return false; // something of that name which is not it
  }
}
