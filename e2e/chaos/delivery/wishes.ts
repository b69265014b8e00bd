import type { SeededRandom } from '../../fuzz/seeded-random.ts';

/** What is asked for, kept beside the fleet: the end is held to it. */
export interface Wish {
  readonly name: string;
  /** Steady ones are there all along in all clusters; only their content changes. */
  readonly isSteady: boolean;
  exists: boolean;
  /** The label that clusters must have. */
  group: Group;
  hasSecond: boolean;
  /** Content of both objects. */
  version: number;
  /** What one cluster gets in place of it, by the number of the cluster. */
  local: { readonly cluster: number; readonly text: string } | undefined;
}

export const GROUPS = ['all', 'even', 'odd'] as const;
export type Group = (typeof GROUPS)[number];

/** The groups of a cluster. */
export function groupsOf(cluster: number): readonly Group[] {
  return ['all', cluster % 2 === 0 ? 'even' : 'odd'];
}

/** One in so many is steady. */
const STEADY = 5;

export function createWishes(count: number): Wish[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `app-${index}`,
    isSteady: index % STEADY === 0,
    exists: true,
    group: 'all',
    hasSecond: index % 2 === 0,
    version: 0,
    local: undefined,
  }));
}

/** The names of the objects of a wish. */
export function objectsOf({ name, hasSecond }: Wish): string[] {
  return hasSecond ? [`${name}-a`, `${name}-b`] : [`${name}-a`];
}

/** By cluster, then by name: what has to be there in the end. */
export function wantedOf(wishes: readonly Wish[], clusters: number): Map<string, Map<string, string>> {
  return new Map(
    Array.from({ length: clusters }, (_, cluster) => {
      const here = wishes.filter(({ exists, group }) => exists && groupsOf(cluster).includes(group));
      const objects = here.flatMap((wish) =>
        objectsOf(wish).map((name): [string, string] => [name, contentOf(wish, name, cluster)]),
      );
      return [`c${cluster}`, new Map(objects)];
    }),
  );
}

/** Localizations name the first object only. */
function contentOf({ name, version, local }: Wish, object: string, cluster: number): string {
  const data: Record<string, string> = { version: `${version}` };
  if (local?.cluster === cluster && object === `${name}-a`) data['local'] = local.text;
  return JSON.stringify(data, Object.keys(data).sort());
}

/** What is done to the parent: the kinds that a change touches. */
export type Change = 'localization' | 'subscription' | 'templates';

/** Changes one wish by chance. @returns what has to be written */
export function changeWish(wish: Wish, random: SeededRandom, clusters: number): Change {
  const steps = wish.isSteady ? 2 : 5;
  switch (random.below(steps)) {
    case 0:
      wish.version += 1;
      return 'templates';
    case 1:
      wish.local =
        wish.local === undefined ? { cluster: random.below(clusters), text: `${wish.version}` } : undefined;
      return 'localization';
    case 2:
      wish.hasSecond = !wish.hasSecond;
      return 'subscription';
    case 3:
      wish.group = random.pick(GROUPS);
      return 'subscription';
    default:
      wish.exists = !wish.exists;
      return 'subscription';
  }
}
