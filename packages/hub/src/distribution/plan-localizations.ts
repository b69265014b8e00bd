import {
  API_VERSIONS,
  DIVIDING_OVERRIDE_NAME,
  LABELS,
  LABEL_VALUES,
  OVERRIDE_PRIORITY,
} from '@clusternet/api-types';
import type { Base, Feed, FeedInventory, Localization, Subscription } from '@clusternet/api-types';
import { equalJson, stringifyJson } from '@clusternet/kube-data';
import { feedKey } from '@clusternet/scheduling';
import { deriveSuffix } from './derive-suffix.ts';
import { ownedBy } from './owned-by-base.ts';

export interface LocalizationsPlan {
  readonly create: readonly Localization[];
  /** What is there, and what its `spec` has to be. */
  readonly update: readonly { readonly localization: Localization; readonly spec: Localization['spec'] }[];
  readonly remove: readonly Localization[];
}

export interface LocalizationsInput {
  readonly subscription: Subscription;
  readonly inventory: FeedInventory | undefined;
  /** Live Bases of the Subscription, by the binding (`namespace/name` of the cluster) that each is for. */
  readonly bases: ReadonlyMap<string, Base>;
  /** All that were made for the Subscription. */
  readonly existing: readonly Localization[];
}

/**
 * Plans the Localizations that give each cluster its part of the replicas: one for each Base and divided feed.
 * Those of Bases that are on their way out are left to go with them.
 *
 * @see spec C §2.9
 */
export function planLocalizations(input: LocalizationsInput): LocalizationsPlan {
  const { subscription, bases, existing } = input;
  const live = existing.filter(
    ({ metadata }) =>
      metadata.deletionTimestamp === undefined &&
      metadata.labels?.[LABELS.createdBy] === LABEL_VALUES.createdByControllerManager,
  );
  const kept = new Set<Localization>();
  const create: Localization[] = [];
  const update: LocalizationsPlan['update'][number][] = [];
  for (const [index, binding] of (subscription.status?.bindingClusters ?? []).entries()) {
    const base = bases.get(binding);
    if (base === undefined) continue;
    for (const share of sharesOf(input, index)) {
      const spec = specOf(share);
      const found = live.find((one) => isOwnedBy(one, base) && isFor(one, share.feed) && !kept.has(one));
      if (found === undefined) {
        create.push(createLocalization(subscription, base, spec));
        continue;
      }
      kept.add(found);
      if (!equalJson(found.spec, spec)) update.push({ localization: found, spec });
    }
  }
  const own = [...bases.values()];
  const remove = live.filter((one) => !kept.has(one) && own.some((base) => isOwnedBy(one, base)));
  return { create, update, remove };
}

/** The replicas of a feed that one cluster runs. */
export interface Share {
  readonly feed: Feed;
  /** JSON pointer to the count. */
  readonly path: string;
  readonly count: number;
}

function sharesOf({ subscription, inventory }: LocalizationsInput, index: number): Share[] {
  if (subscription.spec.schedulingStrategy !== 'Dividing') return [];
  return subscription.spec.feeds.flatMap((feed) => {
    const key = feedKey(feed);
    const count = subscription.status?.replicas?.[key]?.[index];
    const path = inventory?.spec.feeds.find((order) => feedKey(order) === key)?.replicaJsonPath ?? '';
    return count === undefined || path === '' ? [] : [{ feed, path, count }];
  });
}

/** The text of the Go controllers, which others look for. */
function valueOf(path: string, count: number): string {
  return `[{"path":${stringifyJson(path)},"value":${count},"op":"replace"}]`;
}

function specOf({ feed, path, count }: Share): Localization['spec'] {
  return {
    overridePolicy: 'ApplyNow',
    priority: OVERRIDE_PRIORITY.dividing,
    feed,
    overrides: [{ name: DIVIDING_OVERRIDE_NAME, type: 'JSONPatch', value: valueOf(path, count) }],
  };
}

/** Whether a Localization gives the cluster of a Base its share. */
export function isShareIn(localization: Localization, base: Base, share: Share): boolean {
  return isOwnedBy(localization, base) && equalJson(localization.spec, specOf(share));
}

function isOwnedBy({ metadata }: Localization, base: Base): boolean {
  return (metadata.ownerReferences ?? []).some(({ uid }) => uid === base.metadata.uid);
}

function isFor({ spec }: Localization, feed: Feed): boolean {
  return spec.feed !== undefined && feedKey(spec.feed) === feedKey(feed);
}

function createLocalization(
  { metadata }: Subscription,
  base: Base,
  spec: Localization['spec'],
): Localization {
  const { name = '', namespace = '', uid = '' } = base.metadata;
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'Localization',
    metadata: {
      name: `${name}-${deriveSuffix(uid, spec.feed === undefined ? '' : feedKey(spec.feed))}`,
      namespace,
      labels: {
        [LABELS.createdBy]: LABEL_VALUES.createdByControllerManager,
        [metadata.uid ?? '']: 'Subscription',
      },
      ownerReferences: [ownedBy(base)],
    },
    spec,
  };
}
