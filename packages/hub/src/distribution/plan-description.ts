import { API_VERSIONS, FINALIZERS, LABELS, LABEL_VALUES } from '@clusternet/api-types';
import type { Base, Description, Feed } from '@clusternet/api-types';
import {
  decodeBase64,
  decodeUtf8,
  encodeBase64,
  encodeUtf8,
  equalJson,
  isJsonObject,
  parseJson,
  stringifyJson,
} from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import { planOverrides, renderDocument } from '@clusternet/override-engine';
import { errorText } from '@clusternet/runtime';
import { describeFeed } from '../parent/feed-keys.ts';
import type { ObjectOverrides } from './gather-overrides.ts';
import { ownedBy } from './owned-by-base.ts';
import { planSize } from './plan-size.ts';

/** One feed of a Base with everything that decides what becomes of it. */
export interface GatheredFeed {
  readonly feed: Feed;
  /** Objects of the feed, each with its overrides; empty when there are none (yet). */
  readonly objects: readonly { readonly template: KubeObject; readonly overrides: ObjectOverrides }[];
  /** What it waits for, where its replicas are divided and the share of this cluster is not there yet. */
  readonly missingShare?: string | undefined;
}

/** Something that keeps a feed from being delivered as asked. Fatal ones keep its last rendering. */
export interface FeedProblem {
  readonly reason:
    | 'FailedApplyingOverrides'
    | 'FeedNotFound'
    | 'HelmNotSupported'
    | 'OverrideDiscarded'
    | 'ReplicasNotDivided'
    | 'TooLarge';
  readonly message: string;
  readonly isFatal: boolean;
}

export type DescriptionPlan =
  | { readonly kind: 'create'; readonly description: Description }
  | { readonly kind: 'delete' }
  | { readonly kind: 'none' }
  | { readonly kind: 'update'; readonly spec: Description['spec']; readonly labels: Record<string, string> };

export interface BasePlan {
  readonly change: DescriptionPlan;
  readonly problems: readonly FeedProblem[];
}

/**
 * Renders the feeds of one Base and compares the result with its Description.
 *
 * A feed that is missing or cannot be rendered keeps what was rendered for it last: it waits alone, and
 * nothing that runs is pruned because of a mistake elsewhere.
 *
 * @param current - the Description of the Base, if there is one
 */
export function planDescription(
  base: Base,
  feeds: readonly GatheredFeed[],
  current: Description | undefined,
): BasePlan {
  const problems: FeedProblem[] = [];
  const raw = current?.spec.raw ?? [];
  const previous = raw.map(parseRaw).filter((document) => document !== undefined);
  const size = planSize(
    feeds.map((gathered) => ({
      name: `${describeFeed(gathered.feed)} in ${base.metadata.namespace ?? ''}`,
      documents: renderFeed(gathered, base, previous, problems),
      last: previous.filter((document) => isOfFeed(document, gathered.feed)),
    })),
  );
  for (const message of size.problems) problems.push({ reason: 'TooLarge', message, isFatal: true });
  const { documents } = size;
  const labels = descriptionLabels(base);
  if (documents.length === 0 && current === undefined) return { change: { kind: 'none' }, problems };
  if (documents.length === 0 && feeds.length === 0) return { change: { kind: 'delete' }, problems };
  const spec: Description['spec'] = {
    deployer: 'Generic',
    raw: documents.map((document) => encodeBase64(encodeUtf8(stringifyJson(document)))),
  };
  if (current === undefined) {
    return { change: { kind: 'create', description: createDescription(base, labels, spec) }, problems };
  }
  const hasLabels = Object.entries(labels).every(([key, value]) => current.metadata.labels?.[key] === value);
  const isReadable = previous.length === raw.length;
  if (hasLabels && isReadable && equalJson(previous, [...documents]))
    return { change: { kind: 'none' }, problems };
  return { change: { kind: 'update', spec, labels }, problems };
}

function renderFeed(
  { feed, objects, missingShare }: GatheredFeed,
  base: Base,
  previous: readonly JsonObject[],
  problems: FeedProblem[],
): JsonValue[] {
  const keepLast = (): JsonValue[] => previous.filter((document) => isOfFeed(document, feed));
  const fatal = (reason: FeedProblem['reason'], message: string): JsonValue[] => {
    problems.push({ reason, message, isFatal: true });
    return keepLast();
  };
  const { namespace = '', name = '' } = base.metadata;
  if (feed.kind === 'HelmChart') {
    return fatal(
      'HelmNotSupported',
      `${describeFeed(feed)}: HelmChart feeds are not delivered by this version`,
    );
  }
  if (objects.length === 0) {
    return fatal(
      'FeedNotFound',
      `Base ${namespace}/${name} is using a nonexistent ${describeFeed(feed)}; create it through the shadow API`,
    );
  }
  if (missingShare !== undefined) return fatal('ReplicasNotDivided', missingShare);
  const unclear = objects.flatMap(({ overrides }) => overrides.problems);
  if (unclear.length > 0) {
    return fatal('FailedApplyingOverrides', `${describeFeed(feed)} in ${namespace}: ${unclear.join('; ')}`);
  }
  try {
    return objects.map(({ template, overrides }) => {
      const ordered = planOverrides([...overrides.globalizations, ...overrides.localizations]);
      const rendered = renderDocument({
        document: template as unknown as JsonValue,
        overrides: ordered,
        cluster: overrides.cluster,
        withProvenance: false, // nothing here reads it
      });
      for (const notice of rendered.notices) {
        const message = `${describeFeed(feed)} in ${namespace}: ${notice.message}`;
        problems.push({ reason: 'OverrideDiscarded', message, isFatal: false });
      }
      return rendered.document;
    });
  } catch (error) {
    return fatal('FailedApplyingOverrides', `${describeFeed(feed)} in ${namespace}: ${errorText(error)}`);
  }
}

function isOfFeed(document: JsonObject, feed: Feed): boolean {
  const metadata = isJsonObject(document['metadata']) ? document['metadata'] : {};
  return (
    document['kind'] === feed.kind &&
    document['apiVersion'] === feed.apiVersion &&
    metadata['name'] === feed.name &&
    (feed.namespace === undefined || feed.namespace === '' || metadata['namespace'] === feed.namespace)
  );
}

function parseRaw(raw: string): JsonObject | undefined {
  try {
    const value = parseJson(decodeUtf8(decodeBase64(raw)));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // written by hand or broken: it will be replaced by what is rendered
  }
}

function descriptionLabels({ metadata }: Base): Record<string, string> {
  const { labels = {}, namespace = '', uid = '' } = metadata;
  const copied = [
    LABELS.clusterId,
    LABELS.clusterName,
    LABELS.subscriptionNamespace,
    LABELS.subscriptionName,
    LABELS.subscriptionUid,
  ];
  return {
    [LABELS.createdBy]: LABEL_VALUES.createdByControllerManager,
    [LABELS.configKind]: 'Base',
    [LABELS.configNamespace]: namespace,
    [LABELS.configUid]: uid,
    ...Object.fromEntries(copied.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]]))),
  };
}

function createDescription(
  base: Base,
  labels: Record<string, string>,
  spec: Description['spec'],
): Description {
  const { name = '', namespace = '' } = base.metadata;
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'Description',
    metadata: {
      name: `${name}-generic`,
      namespace,
      labels,
      finalizers: [FINALIZERS.app],
      ownerReferences: [ownedBy(base)],
    },
    spec,
  };
}
