import { ANNOTATIONS, FINALIZERS, LABELS } from '@clusternet/api-types';
import type { Feed, Manifest, Subscription } from '@clusternet/api-types';
import { compareText, objectKey } from '@clusternet/kube-data';
import { isManifestOf, manifestKey, manifestKeyOfLabels } from '../parent/feed-keys.ts';

/** What is to be done about a Manifest and those who use it as a feed. */
export type FeedGuardPlan =
  | { readonly kind: 'nothing' }
  /** It lives: from now on these hold its deletion back. */
  | { readonly kind: 'guard'; readonly finalizers: readonly string[] }
  /** It is being deleted and in use: it stays, and says why. */
  | { readonly kind: 'block'; readonly message: string }
  /** It may go, once nobody lists it any more. */
  | {
      readonly kind: 'release';
      readonly finalizers: readonly string[];
      readonly unsubscribe: readonly {
        readonly subscription: Subscription;
        readonly feeds: readonly Feed[];
      }[];
    };

const OWN: readonly string[] = [FINALIZERS.app, FINALIZERS.feedProtection];
/** As many Subscriptions are named to whoever asks why. */
const MAX_NAMED = 10;

/**
 * Decides about one Manifest.
 *
 * @param subscriptions - those that list its kind and name, in any order
 * @param isProtected - the feature gate FeedInUseProtection
 */
export function planFeedGuard(
  manifest: Manifest,
  subscriptions: readonly Subscription[],
  isProtected: boolean,
): FeedGuardPlan {
  const { finalizers = [], deletionTimestamp, labels = {}, annotations = {} } = manifest.metadata;
  const kind = labels[LABELS.configKind];
  if (kind === undefined) return { kind: 'nothing' };
  if (deletionTimestamp === undefined) {
    const missing = (isProtected ? OWN : [FINALIZERS.app]).filter((item) => !finalizers.includes(item));
    return missing.length === 0
      ? { kind: 'nothing' }
      : { kind: 'guard', finalizers: [...finalizers, ...missing] };
  }
  if (!finalizers.some((item) => OWN.includes(item))) return { kind: 'nothing' };
  const users = subscriptions.filter(
    ({ metadata, spec }) =>
      metadata.deletionTimestamp === undefined && spec.feeds.some((feed) => isMeant(manifest, feed)),
  );
  if (users.length > 0 && finalizers.includes(FINALIZERS.feedProtection)) {
    const message = describeBlock(kind, users);
    return annotations[ANNOTATIONS.feedProtection] === message
      ? { kind: 'nothing' }
      : { kind: 'block', message };
  }
  return {
    kind: 'release',
    finalizers: finalizers.filter((item) => !OWN.includes(item)),
    unsubscribe: users.flatMap((subscription) => {
      const feeds = subscription.spec.feeds.filter((feed) => !isOnlyMeant(manifest, feed));
      return feeds.length === subscription.spec.feeds.length ? [] : [{ subscription, feeds }];
    }),
  };
}

function isMeant(manifest: Manifest, feed: Feed): boolean {
  return manifestKey(feed) === manifestKeyOfLabels(manifest) && isManifestOf(manifest, feed);
}

/** Whether a feed means this object and can mean no other: one that names no namespace means those of all. */
function isOnlyMeant(manifest: Manifest, feed: Feed): boolean {
  const namespace = manifest.metadata.labels?.[LABELS.configNamespace] ?? '';
  return isMeant(manifest, feed) && (feed.namespace ?? '') === namespace;
}

/** The words of the Go controllers, which people and scripts look for. */
function describeBlock(kind: string, users: readonly Subscription[]): string {
  const names = users
    .map(({ metadata: { namespace, name = '' } }) => objectKey(namespace, name))
    .toSorted(compareText);
  const more = names.length > MAX_NAMED ? [`and ${names.length - MAX_NAMED} more`] : [];
  const list = [...names.slice(0, MAX_NAMED), ...more].join(', ');
  return `block deleting current ${kind} until all Subscriptions (including ${list}) that refer this as a feed get deleted`;
}
