import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { objectAt, objectsAt, parseYaml, textAt } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '../conformance/tools.ts';
import type { ToolResult } from '../conformance/tools.ts';
import { on } from '../harness/journey.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';

const PACK = resolve(import.meta.dirname, '../../tools/package-plugin.mjs');
/** An executable with Node in it is made of the Node that runs this, which may be one that cannot be changed. */
const PACK_MS = 120_000;

function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<ToolResult> {
  return new Promise((done) => {
    execFile(command, [...args], { env, timeout: PACK_MS }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code ?? 128), stdout, stderr }),
    );
  });
}

describe.skipIf(process.platform === 'win32')(`the plugin as it is packed, on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-packed-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const out = join(folder, 'out');
  let parent: Plane;

  beforeAll(async () => {
    parent = stack.use(await startPlane(on, 'parent'));
    const packed = await run(process.execPath, ['--conditions=@clusternet/source', PACK, '--out', out]);
    expect(packed.code, packed.stderr).toBe(0);
  }, PACK_MS);
  afterAll(() => stack.disposeAsync());

  it('is named by the manifest for krew, with its digest', () => {
    const manifest = parseYaml(readFileSync(join(out, 'clusternet.yaml'), 'utf8'));
    const platforms = objectsAt(objectAt(manifest, 'spec'), 'platforms');
    expect(platforms.length).toBeGreaterThanOrEqual(4);
    for (const platform of platforms) {
      const file = textAt(platform, 'uri').split('/').at(-1) ?? '';
      const digest = createHash('sha256')
        .update(readFileSync(join(out, file)))
        .digest('hex');
      expect(textAt(platform, 'sha256')).toBe(digest);
    }
  });

  describe.each([
    {
      name: 'in one file, with the Node of the machine',
      isOurs: (file: string) => file.includes('portable'),
    },
    {
      name: 'with Node in it',
      isOurs: (file: string) => file.endsWith('.tar.gz') && !file.includes('portable'),
    },
  ])('$name', ({ name, isOurs }) => {
    const place = join(folder, name.replaceAll(/\W+/g, '-'));
    const program = join(place, 'kubectl-clusternet');
    const needsNode = name.includes('machine');
    const PATH = [place, ...(needsNode ? [dirname(process.execPath)] : [])].join(delimiter);

    beforeAll(async () => {
      mkdirSync(place);
      const file = readdirSync(out).find(isOurs) ?? 'no archive';
      expect(await run('tar', ['-xzf', join(out, file), '-C', place])).toMatchObject({ code: 0 });
      writeFileSync(join(place, 'kubeconfig'), parent.kubeconfig, { mode: 0o600 });
    });

    it('says which it is', async () => {
      const { code, stdout, stderr } = await run(program, ['version'], { PATH });
      expect([code, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toMatchObject({ gitVersion: expect.stringMatching(/^v\d/) as string });
    });

    it('misses kubectl with a sentence', async () => {
      const { code, stderr } = await run(program, ['get', 'ns'], { PATH, HOME: place });
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: kubectl is not on the PATH/)]);
    });

    it('works, with nothing beside it but kubectl', async () => {
      symlinkSync(findProgram('kubectl'), join(place, 'kubectl'));
      const env = { PATH, HOME: place, KUBECONFIG: join(place, 'kubeconfig') };
      const { code, stdout } = await run(join(place, 'kubectl'), ['clusternet', 'doctor'], env);
      expect(code).toBe(1);
      expect(stdout).toMatch(/^ok +parent +https:\S+ answers/m);
      expect(stdout).toMatch(
        /^FAIL +kinds +the parent does not serve clusters\.clusternet\.io\/v1beta1 and /m,
      );
      const templates = await run(join(place, 'kubectl'), ['clusternet', 'get', 'deploy'], env);
      expect(templates.stderr).toContain(
        'this parent serves no templates: `kubectl clusternet doctor` says why',
      );
    });
  });
});
