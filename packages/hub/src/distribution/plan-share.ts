import type { Base, Feed, FeedInventory, Localization, Subscription } from '@clusternet/api-types';
import type { KubeObject } from '@clusternet/kube-data';
import { feedKey, hashSubscriptionSpec } from '@clusternet/scheduling';
import { replicasOf } from '../inventory/plan-inventory.ts';
import { describeFeed } from '../parent/feed-keys.ts';
import { isShareIn } from './plan-localizations.ts';

export interface ShareInput {
  readonly subscription: Subscription;
  readonly inventory: FeedInventory | undefined;
  /** The cluster, as bindings have it. */
  readonly binding: string;
  readonly base: Base;
  readonly feed: Feed;
  readonly templates: readonly KubeObject[];
  /** All Localizations that concern the feed in the cluster. */
  readonly localizations: readonly Localization[];
  /** Whether our own inventory says what is divided: then everything is that has a count. */
  readonly isCounting: boolean;
}

/**
 * Whether a feed of a Subscription that divides replicas may be rendered for a cluster: only with its part of them,
 * so that no cluster ever runs the whole count.
 *
 * @returns one sentence that says what it waits for; undefined when it may be rendered
 */
export function findMissingShare(input: ShareInput): string | undefined {
  const { subscription, inventory, binding, base, feed } = input;
  if (subscription.spec.schedulingStrategy !== 'Dividing') return undefined;
  const { bindingClusters = [], replicas = {}, specHash } = subscription.status ?? {};
  const wait = (what: string): string => `the replicas of ${describeFeed(feed)} ${what}`;
  const key = feedKey(feed);
  const shares = replicas[key];
  if (shares === undefined) {
    // A Go scheduler without any weight divides nothing, and says so by saying nothing.
    const isWhole =
      Object.keys(replicas).length === 0 && specHash === hashSubscriptionSpec(subscription.spec);
    return isWhole ? undefined : wait('are not divided yet');
  }
  if (shares.length === 0) {
    const isCounted =
      input.isCounting && input.templates.some((template) => replicasOf(template) !== undefined);
    return isCounted ? wait('are not counted yet') : undefined;
  }
  const count = shares[bindingClusters.indexOf(binding)];
  if (count === undefined) return wait(`are not divided for ${binding} yet`);
  const path = inventory?.spec.feeds.find((order) => feedKey(order) === key)?.replicaJsonPath ?? '';
  if (path === '') return wait('have no replicaJsonPath in its FeedInventory');
  const share = { feed, path, count };
  const isThere = input.localizations.some((localization) => isShareIn(localization, base, share));
  return isThere ? undefined : wait(`in ${binding} wait for their Localization`);
}
