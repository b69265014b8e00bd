import { API_VERSIONS, LABELS, LABEL_VALUES, MAX_LABELLED_SUBSCRIPTION_NAME } from '@clusternet/api-types';
import type { Feed, FeedInventory, FeedOrder, Subscription } from '@clusternet/api-types';
import { numberAt, objectAt } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import { describeFeed } from '../parent/feed-keys.ts';
import { sumPodRequirements } from './pod-requirements.ts';

const WORKLOADS: ReadonlyMap<string, readonly string[]> = new Map([
  ['Deployment', ['apps/v1', 'apps/v1beta1', 'apps/v1beta2', 'extensions/v1beta1']],
  ['ReplicaSet', ['apps/v1', 'extensions/v1beta1']],
  ['StatefulSet', ['apps/v1', 'apps/v1beta1', 'apps/v1beta2', 'extensions/v1beta1']],
]);

/** Where all of them have their count. */
const REPLICAS_PATH = '/spec/replicas';

/** A feed and the objects that it means, by namespace. */
export interface InventoriedFeed {
  readonly feed: Feed;
  readonly templates: readonly KubeObject[];
}

export interface InventoryPlan {
  readonly feeds: readonly FeedOrder[];
  /** One sentence for each feed that cannot be counted (yet). It is listed without a count, and holds up nobody. */
  readonly problems: readonly string[];
}

/**
 * The replicas that an object asks for, where this version counts them.
 * @returns undefined for other kinds, and where the count is left to a default or an autoscaler
 */
export function replicasOf(template: KubeObject): number | undefined {
  if (WORKLOADS.get(template.kind)?.includes(template.apiVersion) !== true) return undefined;
  return numberAt(objectAt(template, 'spec'), 'replicas');
}

/**
 * Counts what the feeds of a Subscription ask for, in their order.
 * @see spec C §2.11
 */
export function planInventory(feeds: readonly InventoriedFeed[]): InventoryPlan {
  const problems: string[] = [];
  const orders = feeds.map(({ feed, templates }): FeedOrder => {
    const order = orderOf(feed, templates);
    if (typeof order !== 'string') return order;
    problems.push(order);
    return { ...feed };
  });
  return { feeds: orders, problems };
}

function orderOf(feed: Feed, templates: readonly KubeObject[]): FeedOrder | string {
  if (feed.kind === 'HelmChart') return { ...feed };
  const [template] = templates;
  if (template === undefined) return `${describeFeed(feed)} is not there`;
  const counts = new Set(templates.map(replicasOf));
  if (counts.size > 1) {
    return `${describeFeed(feed)} means objects of several namespaces with different replicas; name a namespace`;
  }
  const desiredReplicas = replicasOf(template);
  try {
    return {
      ...feed,
      ...(desiredReplicas === undefined ? {} : { desiredReplicas, replicaJsonPath: REPLICAS_PATH }),
      replicaRequirements: isWorkload(template)
        ? sumPodRequirements(objectAt(objectAt(template, 'spec'), 'template'))
        : { resources: {} },
    };
  } catch (error) {
    return `${describeFeed(feed)}: ${errorText(error)}`;
  }
}

function isWorkload({ apiVersion, kind }: KubeObject): boolean {
  return WORKLOADS.get(kind)?.includes(apiVersion) === true;
}

/** The FeedInventory of a Subscription; it goes when the Subscription does. */
export function createInventory({ metadata }: Subscription, feeds: readonly FeedOrder[]): FeedInventory {
  const { name = '', namespace = '', uid = '' } = metadata;
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'FeedInventory',
    metadata: {
      name,
      namespace,
      labels: {
        [LABELS.createdBy]: LABEL_VALUES.createdByControllerManager,
        ...(name.length <= MAX_LABELLED_SUBSCRIPTION_NAME ? { [LABELS.subscriptionName]: name } : {}),
        [LABELS.subscriptionNamespace]: namespace,
        [LABELS.subscriptionUid]: uid,
      },
      ownerReferences: [
        {
          apiVersion: API_VERSIONS.apps,
          kind: 'Subscription',
          name,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { feeds: [...feeds] },
  };
}
