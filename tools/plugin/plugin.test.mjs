import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createKrewManifest } from './krew-manifest.mjs';
import { writeTarGz } from './write-tar.mjs';

const release = (...archives) =>
  createKrewManifest({ version: '1.2.3', url: 'https://example.com/r', archives });
const portable = { file: 'portable.tar.gz', sha256: 'p' };
const linux = { file: 'linux.tar.gz', sha256: 'l', platform: 'linux-amd64' };
const windows = { file: 'windows.tar.gz', sha256: 'w', platform: 'windows-amd64' };

describe('createKrewManifest', () => {
  it('gives every platform its own archive, or the one for all', () => {
    const { spec } = release(portable, linux);
    expect(spec.version).toBe('v1.2.3');
    expect(
      spec.platforms.map(({ selector, uri, sha256 }) => [
        ...Object.values(selector.matchLabels),
        uri,
        sha256,
      ]),
    ).toEqual([
      ['linux', 'amd64', 'https://example.com/r/linux.tar.gz', 'l'],
      ['linux', 'arm64', 'https://example.com/r/portable.tar.gz', 'p'],
      ['darwin', 'amd64', 'https://example.com/r/portable.tar.gz', 'p'],
      ['darwin', 'arm64', 'https://example.com/r/portable.tar.gz', 'p'],
    ]);
    expect(spec.caveats).toContain('Node 22.19');
  });

  it('has Windows only with Node in it, and says nothing of Node then', () => {
    const { spec } = release(windows);
    expect(spec.platforms).toMatchObject([{ bin: 'kubectl-clusternet.exe', sha256: 'w' }]);
    expect(spec).not.toHaveProperty('caveats');
  });

  it('is not made of nothing', () => {
    expect(() => release()).toThrow('there is no archive that krew could install');
  });
});

describe('writeTarGz', () => {
  const files = [
    { name: 'program', mode: 0o755, data: Buffer.from('x'.repeat(1000)) },
    { name: 'LICENSE', mode: 0o644, data: Buffer.alloc(0) },
  ];

  it('is the same for the same files', () => {
    expect(writeTarGz(files).equals(writeTarGz(files))).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('is what tar reads', () => {
    const folder = mkdtempSync(join(tmpdir(), 'clusternet-tar-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'a.tar.gz'), writeTarGz(files));
    execFileSync('tar', ['-xzf', 'a.tar.gz'], { cwd: folder });
    expect(readFileSync(join(folder, 'program'), 'utf8')).toBe('x'.repeat(1000));
    expect(statSync(join(folder, 'program')).mode & 0o777).toBe(0o755);
    expect(statSync(join(folder, 'LICENSE')).size).toBe(0);
  });
});
