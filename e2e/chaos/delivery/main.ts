// Kills hub, agents and API servers while Subscriptions change, and looks at the end whether anything was lost:
// npm run chaos -- delivery [--minutes N] [--on embedded|real] [--clusters N] [--subscriptions N] [--seed S] [--keep] [--json]
import { parseArgs } from 'node:util';
import { errorText } from '@clusternet/runtime';
import { applyToParent } from '../../harness/application.ts';
import { createSeededRandom } from '../../fuzz/seeded-random.ts';
import type { SeededRandom } from '../../fuzz/seeded-random.ts';
import { startChaosFleet } from './chaos-fleet.ts';
import type { ChaosFleet, Victim } from './chaos-fleet.ts';
import { checkDelivery } from './check-delivery.ts';
import type { DeliveryState } from './check-delivery.ts';
import { gatherSeen, gatherState } from './gather-state.ts';
import { changeWish, createWishes } from './wishes.ts';
import type { Change, Wish } from './wishes.ts';
import { NAMESPACE, writeWish } from './write-wish.ts';

/** So long everything may take to come in order once nobody is killed any more, ms. */
const SETTLE_MS = 300_000;
const RETRY_MS = 500;
/** The longest that somebody stays dead, and that passes until the next one dies, ms. */
const MAX_GONE_MS = 3000;
const MAX_PAUSE_MS = 4000;
/** There are most agents; a hub that was killed leaves a Lease of 15 s behind, and has to get some work done in between. */
const VICTIMS: readonly [Victim, ...Victim[]] = [
  'hub',
  ...Array.from({ length: 6 }, () => 'agent' as const),
  ...Array.from({ length: 3 }, () => 'apiserver' as const),
];

interface Options {
  readonly minutes: number;
  readonly clusters: number;
  readonly subscriptions: number;
  readonly seed: number;
  readonly on: 'embedded' | 'real';
  readonly isKept: boolean;
}

const startMs = performance.now();
const say = (text: string): void => {
  process.stderr.write(`chaos delivery: [${Math.round((performance.now() - startMs) / 1000)} s] ${text}\n`);
};
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Does something until it works: whoever asks an API server that is down asks again. */
async function persist<T>(what: string, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries > 240) throw new Error(`${what} cannot be written: ${errorText(error)}`, { cause: error });
      await sleep(RETRY_MS);
    }
  }
}

async function settle(
  fleet: ChaosFleet,
  wishes: readonly Wish[],
  steady: DeliveryState['steady'],
): Promise<ReturnType<typeof checkDelivery>> {
  const endMs = performance.now() + SETTLE_MS;
  for (;;) {
    try {
      const state = await gatherState(fleet, wishes, steady);
      const isSettled = checkDelivery({ ...state, steady: new Map() }).faults.length === 0;
      // What was deleted in between never comes in order by waiting.
      if (isSettled || performance.now() > endMs) return checkDelivery(state);
    } catch (error) {
      if (performance.now() > endMs) throw error;
    }
    await sleep(RETRY_MS);
  }
}

/** Changes one Subscription after the other, so that what is asked for is what was written last. */
async function change(
  fleet: ChaosFleet,
  wishes: readonly Wish[],
  random: SeededRandom,
  endMs: number,
): Promise<number> {
  const namespaces = fleet.children.map(({ namespace }) => namespace);
  let count = 0;
  while (performance.now() < endMs) {
    const wish = wishes[random.below(wishes.length)];
    if (wish === undefined) continue;
    const what: Change = changeWish(wish, random, namespaces.length);
    const isWritten = await persist(wish.name, () => writeWish(fleet.parent.client, wish, what, namespaces));
    if (isWritten) count += 1;
    else wish.exists = false; // as it was
    await sleep(random.below(200));
  }
  return count;
}

async function kill(
  fleet: ChaosFleet,
  random: SeededRandom,
  endMs: number,
): Promise<Readonly<Record<Victim, number>>> {
  const kills: Record<Victim, number> = { hub: 0, agent: 0, apiserver: 0 };
  while (performance.now() < endMs) {
    const victim = random.pick(VICTIMS);
    kills[victim] += 1;
    await fleet.strike(victim, random.below(1000), random.below(MAX_GONE_MS));
    await sleep(random.below(MAX_PAUSE_MS));
  }
  return kills;
}

async function run(options: Options) {
  const { seed, clusters, subscriptions, on } = options;
  say(`seed ${seed}: ${subscriptions} Subscriptions, ${clusters} clusters, ${on} control planes`);
  const keptLogs = (folder: string): void => {
    say(`logs stay in ${folder}`);
  };
  await using fleet = await startChaosFleet(on, clusters, options.isKept ? keptLogs : undefined);
  const { client } = fleet.parent;
  const namespaces = fleet.children.map(({ namespace }) => namespace);
  const wishes = createWishes(subscriptions);
  await applyToParent(client, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }]);
  for (const wish of wishes) {
    await writeWish(client, wish, 'templates', namespaces);
    await writeWish(client, wish, 'subscription', namespaces);
  }
  say('everybody has joined; waiting for the first delivery');
  const first = await settle(fleet, wishes, new Map());
  if (first.faults.length > 0) throw new Error(`even the first delivery failed: ${first.faults.join('; ')}`);
  const names = new Set(wishes.filter(({ isSteady }) => isSteady).map(({ name }) => `${name}-a`));
  const steady = new Map(
    [...(await gatherSeen(fleet))].map(([cluster, objects]) => [
      cluster,
      new Map([...objects].filter(([name]) => names.has(name)).map(([name, { uid }]) => [name, uid])),
    ]),
  );
  say(`killing for ${options.minutes} minutes`);
  const endMs = performance.now() + options.minutes * 60_000;
  const [changes, kills] = await Promise.all([
    change(fleet, wishes, createSeededRandom(seed), endMs),
    kill(fleet, createSeededRandom(seed + 1), endMs),
  ]);
  say(`${changes} changes, ${JSON.stringify(kills)} killed; waiting until all is in order`);
  const settleMs = performance.now();
  const { faults, ...damage } = await settle(fleet, wishes, steady);
  const settledSeconds = Math.round((performance.now() - settleMs) / 100) / 10;
  return { ...damage, changes, kills, settledSeconds, clusters, subscriptions, on, seed, faults };
}

function readNumber(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  process.stderr.write(`chaos: --${name} takes a positive number, not "${text ?? ''}"\n`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    clusters: { type: 'string' },
    subscriptions: { type: 'string' },
    seed: { type: 'string' },
    on: { type: 'string', default: 'embedded' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
if (values.on !== 'embedded' && values.on !== 'real') {
  process.stderr.write(`chaos: --on takes embedded or real, not "${values.on}"\n`);
  process.exit(2);
}
const { faults, ...result } = await run({
  minutes: readNumber('minutes', values.minutes, 5),
  clusters: Math.ceil(readNumber('clusters', values.clusters, 10)),
  subscriptions: Math.ceil(readNumber('subscriptions', values.subscriptions, 50)),
  seed: Math.ceil(readNumber('seed', values.seed, 1 + Math.floor(Math.random() * 1e6))),
  on: values.on,
  isKept: values.keep,
});
for (const fault of faults) say(fault);
const lines = Object.entries(result).map(([key, value]) => `${key.padEnd(16)} ${JSON.stringify(value)}`);
process.stdout.write(`${values.json ? JSON.stringify(result) : lines.join('\n')}\n`);
process.exit(faults.length > 0 ? 1 : 0);
