import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { installPlugin } from '@clusternet/e2e/harness/plugin.ts';
import type { Plane } from '@clusternet/e2e/harness/plane.ts';
import { median } from '../resident-memory.ts';
import { createRow } from '../row.ts';
import type { BenchRow } from '../row.ts';

/** As packages have it. */
const PLUGIN = resolve(import.meta.dirname, '../../../packages/kubectl-clusternet/dist/program/bin.js');
const VERSION_ROUNDS = 25;
const GET_ROUNDS = 9;

/** What people wait for when they ask for the version, beside Node that does nothing. They take turns. */
export function measureVersion(): BenchRow {
  process.stderr.write('bench doors: version of the plugin\n');
  const env = { ...process.env, NODE_OPTIONS: '' };
  const time = (args: readonly string[]): number => {
    const startMs = performance.now();
    execFileSync(process.execPath, args, { env });
    return performance.now() - startMs;
  };
  const bare: number[] = [];
  const own: number[] = [];
  for (let round = 0; round < VERSION_ROUNDS; round += 1) {
    bare.push(time(['-e', '0']));
    own.push(time([PLUGIN, 'version']));
  }
  return createRow({
    name: 'kubectl-clusternet version',
    value: median(own),
    unit: 'ms',
    baseline: { name: 'node -e 0', value: median(bare) },
    bar: { of: 'ratio', atMost: 1.5 },
  });
}

/**
 * As many templates as objects of the parent's own, as kubectl prints them.
 * @param of - namespaces that hold them
 */
export async function measureGet(
  parent: Pick<Plane, 'kubeconfig'>,
  of: { readonly templates: string; readonly objects: string; readonly count: number },
): Promise<BenchRow> {
  process.stderr.write('bench doors: get by the plugin\n');
  using plugin = installPlugin(parent.kubeconfig);
  const time = async (namespace: string, isPlain: boolean): Promise<number> => {
    const startMs = performance.now();
    const { stdout, stderr } = await plugin.run(['get', 'configmaps', '-n', namespace], { isPlain });
    const lines = stdout.split('\n').filter((line) => line.startsWith('n-')).length;
    if (lines !== of.count) throw new Error(`${lines} of ${of.count} were printed: ${stderr}`);
    return performance.now() - startMs;
  };
  await time(of.objects, true); // kubectl keeps what it discovers
  await time(of.templates, false);
  const own: number[] = [];
  const base: number[] = [];
  for (let round = 0; round < GET_ROUNDS; round += 1) {
    base.push(await time(of.objects, true));
    own.push(await time(of.templates, false));
  }
  return createRow({
    name: `kubectl clusternet get of ${of.count.toLocaleString('en')} templates`,
    value: median(own),
    unit: 'ms',
    baseline: { name: "kubectl get of objects of the parent's own", value: median(base) },
    bar: { of: 'ratio', atMost: 1.3 },
  });
}
