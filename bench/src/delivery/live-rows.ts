import { setTimeout as sleep } from 'node:timers/promises';
import { API_VERSIONS } from '@clusternet/api-types';
import { clusternetRef, createKubeClient } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import type { KubeObject } from '@clusternet/kube-data';
import { residentMiB } from '../resident-memory.ts';
import { createRow } from '../row.ts';
import type { BenchRow } from '../row.ts';
import { createSettings, feedOf, startDeliveryRig } from './delivery-rig.ts';
import type { DeliveryRig } from './delivery-rig.ts';

const CLUSTERS = 100;
const FANOUTS = 10;
const CREATES = 200;
const CREATES_PER_SECOND = 10;
const LIMIT_MS = 120_000;
const QUIET_MS = 8000;

/** How hub, parent and children do together, with everything as it runs but in memory. */
export async function benchLiveDelivery(wants: (part: string) => boolean): Promise<BenchRow[]> {
  const say = (text: string): void => {
    process.stderr.write(`bench delivery: ${text}\n`);
  };
  say(`${CLUSTERS} clusters`);
  await using rig = await startDeliveryRig(CLUSTERS);
  // Everything below stands on what is delivered here.
  say(`fanout100, ${FANOUTS} times`);
  const rows = await measureFanout(rig);
  if (wants('createToChild')) {
    say(`createToChild, ${CREATES} times`);
    rows.push(await measureCreates(rig));
  }
  if (wants('oneOverride')) {
    say('oneOverride');
    rows.push(...(await measureOverride(rig)));
  }
  if (wants('noopCalls') || wants('restart')) {
    say('noopCalls and restart');
    rows.push(...(await measureRestart(rig)));
  }
  return rows.filter(({ name }) => wants(name.split(',')[0] ?? name));
}

const objectsOf = (name: string): KubeObject[] =>
  ['a', 'b', 'c'].map((part) => createSettings(`${name}-${part}`, 'first'));

/** @param explain - asked when the time is up */
async function until(
  what: string,
  isDone: () => Promise<boolean>,
  explain: () => Promise<string> = () => Promise.resolve(''),
): Promise<number> {
  const startMs = performance.now();
  while (!(await isDone())) {
    if (performance.now() - startMs > LIMIT_MS)
      throw new Error(`waited ${LIMIT_MS} ms for ${what}${await explain()}`);
    await sleep(20);
  }
  return performance.now() - startMs;
}

function isReady(rig: DeliveryRig, name: string): Promise<boolean> {
  return rig
    .get(name)
    .then(
      ({ status }) =>
        status?.completedReleases !== undefined &&
        status.completedReleases > 0 &&
        status.completedReleases === status.desiredReleases &&
        status.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') === true,
    );
}

/** One Subscription of three feeds to all clusters, beside the same objects written to them by hand. */
async function measureFanout(rig: DeliveryRig): Promise<BenchRow[]> {
  const ours: number[] = [];
  const byHand: number[] = [];
  const writes: number[] = [];
  for (let round = 0; round < FANOUTS; round += 1) {
    const name = `fan-${round}`;
    byHand.push(await writeByHand(rig, objectsOf(`hand-${round}`)));
    const before = await rig.countWrites();
    const startMs = performance.now();
    await rig.subscribe(name, objectsOf(name), 'all');
    await until(
      `${name} to be ready`,
      () => isReady(rig, name),
      async () =>
        `: ${JSON.stringify((await rig.get(name)).status?.conditions)}; the hub said ${rig.hub().tail().slice(-1500)}`,
    );
    ours.push(performance.now() - startMs);
    await sleep(500); // events follow
    writes.push((await rig.countWrites()) - before);
  }
  const value = quantile(ours, 0.9) / 1000;
  const baseline = { name: 'the same objects by hand', value: quantile(byHand, 0.9) / 1000 };
  return [
    createRow({
      name: `fanout100, 3 feeds to ${CLUSTERS} clusters, p90`,
      value,
      unit: 's',
      baseline,
      bar: { of: 'value', atMost: 5 },
    }),
    createRow({
      name: 'writesPerPair, at the parent, events included',
      value: quantile(writes, 0.5) / CLUSTERS,
      unit: 'writes',
      bar: { of: 'value', atMost: 5 },
    }),
  ];
}

/** Reads and applies each object, eight at a time, as the hub's workers do. @returns ms */
async function writeByHand(rig: DeliveryRig, objects: readonly KubeObject[]): Promise<number> {
  const startMs = performance.now();
  const numbers = rig.namespaces.keys();
  const worker = async (): Promise<void> => {
    for (const number of numbers) {
      await using transport = createTransport({ server: `${rig.childrenUrl}/c${number}` });
      const client = createKubeClient(transport);
      for (const object of objects) {
        const resource = await client.resourceFor(object);
        const { namespace = '', name = '' } = object.metadata;
        await resource.get({ namespace, name }).catch(() => undefined);
        await resource.apply(object, { fieldManager: 'hand', force: true });
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return performance.now() - startMs;
}

/** Ten new Subscriptions a second, each of one cluster; beside one object written to a child by hand. */
async function measureCreates(rig: DeliveryRig): Promise<BenchRow> {
  await rig.takeRecord();
  const asked = new Map<string, number>();
  const byHand: number[] = [];
  const startMs = performance.now();
  for (let index = 0; index < CREATES; index += 1) {
    await sleep(Math.max(0, startMs + (index * 1000) / CREATES_PER_SECOND - performance.now()));
    const name = `new-${index}`;
    asked.set(name, Date.now());
    await rig.subscribe(name, [createSettings(name, 'first')], `is-${index % CLUSTERS}`);
    if (index % 10 === 0) byHand.push(await writeOneByHand(rig, index % CLUSTERS, `hand-new-${index}`));
  }
  const there = new Map<string, number>();
  await until('all to be there', async () => {
    const { writes } = await rig.takeRecord();
    for (const { path, atMs } of writes) {
      const name = path.split('/').at(-1) ?? '';
      if (!there.has(name)) there.set(name, atMs);
    }
    return [...asked.keys()].every((name) => there.has(name));
  });
  const waits = [...asked].map(([name, atMs]) => (there.get(name) ?? Infinity) - atMs);
  return createRow({
    name: `createToChild, ${CREATES_PER_SECOND}/s over ${CLUSTERS} clusters, p99`,
    value: quantile(waits, 0.99),
    unit: 'ms',
    baseline: { name: 'one object by hand', value: quantile(byHand, 0.99) },
    bar: { of: 'value', atMost: 500 },
  });
}

async function writeOneByHand(rig: DeliveryRig, number: number, name: string): Promise<number> {
  await using transport = createTransport({ server: `${rig.childrenUrl}/c${number}` });
  const client = createKubeClient(transport);
  const object = createSettings(name, 'first');
  const startMs = performance.now();
  const resource = await client.resourceFor(object);
  await resource.apply(object, { fieldManager: 'hand', force: true });
  return performance.now() - startMs;
}

/** One Localization among everything that was delivered so far. */
async function measureOverride(rig: DeliveryRig): Promise<BenchRow[]> {
  await sleep(QUIET_MS);
  await rig.takeRecord();
  const before = await rig.countWrites();
  const startMs = Date.now();
  await localize(rig, 'one', 'fan-0-a', 0);
  const atMs = await firstWrite(rig, '/c0/', 'fan-0-a');
  await sleep(QUIET_MS);
  const writes = (await rig.countWrites()) - before - 1; // the Localization itself
  const pairs = FANOUTS * CLUSTERS + CREATES;
  const idle = await countIdleWrites(rig);
  return [
    createRow({
      name: `oneOverride, until it is in the child, among ${pairs.toLocaleString('en')} pairs`,
      value: (atMs - startMs) / 1000,
      unit: 's',
      baseline: { name: 'one object by hand', value: (await writeOneByHand(rig, 1, 'hand-override')) / 1000 },
      bar: { of: 'value', atMost: 1 },
    }),
    createRow({
      name: 'oneOverride, writes at the parent beyond idle ones',
      value: Math.max(0, writes - idle),
      unit: 'writes',
      bar: { of: 'value', atMost: 5 },
    }),
  ];
}

/** What is written in as long a time with nothing to do: Leases. */
async function countIdleWrites(rig: DeliveryRig): Promise<number> {
  const before = await rig.countWrites();
  await sleep(QUIET_MS);
  return (await rig.countWrites()) - before;
}

async function localize(rig: DeliveryRig, name: string, feed: string, number: number): Promise<void> {
  const value = JSON.stringify({ data: { text: `of ${name}` } });
  await rig.parent.client.resource(clusternetRef('Localization')).create({
    apiVersion: API_VERSIONS.apps,
    kind: 'Localization',
    metadata: { namespace: rig.namespaces[number] ?? '', name },
    spec: {
      overridePolicy: 'ApplyNow',
      feed: feedOf(createSettings(feed, '')),
      overrides: [{ name: 'text', type: 'MergePatch', value }],
    },
  });
}

/** When an object in a child was written first since the last look, ms since 1970. */
async function firstWrite(rig: DeliveryRig, child: string, name: string): Promise<number> {
  let atMs: number | undefined;
  await until(`${name} to be written`, async () => {
    const { writes } = await rig.takeRecord();
    atMs ??= writes.find(({ path }) => path.startsWith(child) && path.endsWith(`/${name}`))?.atMs;
    return atMs !== undefined;
  });
  return atMs ?? NaN;
}

/** A hub that is stopped and started anew, with an edit that waits for it; then nothing but looking. */
async function measureRestart(rig: DeliveryRig): Promise<BenchRow[]> {
  await sleep(2000);
  await rig.takeRecord();
  const startMs = Date.now();
  await rig.restartHub();
  await localize(rig, 'after', 'fan-1-a', 2);
  const servedMs = (await firstWrite(rig, '/c2/', 'fan-1-a')) - startMs;
  await sleep(QUIET_MS);
  const before = await rig.countWrites();
  await rig.takeRecord();
  await rig.restartHub();
  await sleep(QUIET_MS * 2);
  const { reads, writes } = await rig.takeRecord();
  const parentWrites = (await rig.countWrites()) - before;
  const idle = (await countIdleWrites(rig)) * 2;
  return [
    createRow({
      name: 'noopCalls, of children after a restart in sync',
      value: reads + writes.length,
      unit: 'calls',
      bar: { of: 'value', atMost: 0 },
    }),
    createRow({
      name: 'restart, first edit served, from the stop on',
      value: servedMs / 1000,
      unit: 's',
      bar: { of: 'value', atMost: 5 },
    }),
    createRow({
      name: 'restart, writes at the parent beyond idle ones',
      value: Math.max(0, parentWrites - idle),
      unit: 'writes',
    }),
    createRow({ name: 'restart, RSS of the hub', value: residentMiB(rig.hub().pid), unit: 'MiB' }),
  ];
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
