import { createFleet } from '@clusternet/client';
import type { KindClient } from '@clusternet/client';
import type { Plane } from '@clusternet/e2e/harness/plane.ts';
import { eventually } from '@clusternet/e2e/harness/eventually.ts';
import { median, residentMiB } from '../resident-memory.ts';
import { createRow } from '../row.ts';
import type { BenchRow } from '../row.ts';
import { measureGet, measureVersion } from './plugin-cost.ts';
import { measureImport } from './import-cost.ts';
import { startMany } from './start-many.ts';
import type { ManyClusters } from './start-many.ts';

const CLUSTERS = 100;
const PODS = 100; // in each
const ROUNDS = 7;
const AT_ONCE = 16;
const TEMPLATES = 1000;

/** The doors to a fleet, as people and programs use them. */
export async function benchDoors(wants: (part: string) => boolean): Promise<BenchRow[]> {
  const rows = wants('import') ? measureImport() : [];
  if (wants('version')) rows.push(measureVersion());
  if (!wants('across') && !wants('templates')) return rows;
  process.stderr.write(`bench doors: ${CLUSTERS} clusters with ${PODS} pods each\n`);
  await using many = await startMany(CLUSTERS, createPods);
  if (wants('across')) rows.push(...(await measureAcross(many)));
  if (wants('templates')) rows.push(...(await measureTemplates(many)));
  return rows;
}

async function createPods({ connection }: Plane): Promise<void> {
  await using child = createFleet(connection);
  const spec = { containers: [{ name: 'web', image: 'nginx:1.28.0', ports: [{ containerPort: 80 }] }] };
  await createMany(child.parent.kind('v1/Pod'), PODS, (name) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name, labels: { app: 'web' } },
    spec,
  }));
}

type AnyObject = Parameters<KindClient['create']>[0];

/** @returns objects a second */
async function createMany(
  kind: KindClient,
  count: number,
  make: (name: string) => AnyObject,
): Promise<number> {
  const startMs = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await kind.create(make(`n-${next++}`));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return (count * 1000) / (performance.now() - startMs);
}

/** All pods of all clusters through the hub, beside the same lists from the child itself. */
async function measureAcross({ fleet, hub, child }: ManyClusters): Promise<BenchRow[]> {
  await using direct = createFleet(child.connection);
  const pods = direct.parent.kind('v1/Pod');
  const listDirect = async (): Promise<number> => {
    let left = CLUSTERS;
    let found = 0;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const { items } = await pods.list({ namespace: 'default' });
        found += items.length;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return found;
  };
  const listAcross = async (): Promise<number> => {
    const { items, silent } = await fleet.across().kind('v1/Pod').list({ namespace: 'default' });
    if (silent[0] !== undefined) throw silent[0].error;
    return items.length;
  };
  const before = residentMiB(hub.pid);
  let peak = before;
  const own: number[] = [];
  const base: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [list, times] of [
      [listAcross, own],
      [listDirect, base],
    ] as const) {
      const startMs = performance.now();
      const found = await list();
      if (found !== CLUSTERS * PODS) throw new Error(`${found} pods were listed`);
      times.push((performance.now() - startMs) / 1000);
    }
    peak = Math.max(peak, residentMiB(hub.pid));
  }
  return [
    createRow({
      name: 'list of 10,000 pods over 100 clusters',
      value: median(own),
      unit: 's',
      baseline: { name: 'the same lists, directly', value: median(base) },
      bar: { of: 'value', atMost: 1 },
    }),
    createRow({
      name: 'growth of the hub meanwhile',
      value: peak - before,
      unit: 'MiB',
      bar: { of: 'value', atMost: 100 },
    }),
  ];
}

/** Templates, beside the same objects as the parent's own. */
async function measureTemplates({ fleet, parent }: ManyClusters): Promise<BenchRow[]> {
  process.stderr.write('bench doors: templates\n');
  const configMap = (namespace: string) => (name: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name },
    data: { key: 'value'.repeat(20) },
  });
  const templates = fleet.templates.kind('v1/ConfigMap');
  await eventually('templates to be served', async () => templates.list());
  await createMany(templates, 50, configMap('warm-up'));
  const value = await createMany(templates, TEMPLATES, configMap('bench'));
  const base = await createMany(fleet.parent.kind('v1/ConfigMap'), TEMPLATES, configMap('default'));
  const created = createRow({
    name: 'templates created',
    value,
    unit: '/s',
    baseline: { name: "objects of the parent's own", value: base },
    bar: { of: 'value', atLeast: 300 },
  });
  const shown = { templates: 'bench', objects: 'default', count: TEMPLATES };
  return [created, await measureGet(parent, shown)];
}
