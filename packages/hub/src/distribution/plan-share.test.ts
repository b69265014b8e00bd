import type { Localization, Subscription } from '@clusternet/api-types';
import { hashSubscriptionSpec } from '@clusternet/scheduling';
import { describe, expect, it } from 'vitest';
import {
  base,
  CONFIG_FEED,
  configMap,
  deployment,
  inventory,
  subscription,
  WEB_FEED,
} from '../parent/objects.fixture.ts';
import { planLocalizations } from './plan-localizations.ts';
import { findMissingShare } from './plan-share.ts';
import type { ShareInput } from './plan-share.ts';

const EAST = 'clusternet-aaaaa/east';
const WEB = 'apps/v1/Deployment/foo/web';
const counted = inventory({ ...WEB_FEED, desiredReplicas: 6, replicaJsonPath: '/spec/replicas' });

function divided(status: Subscription['status']): Subscription {
  const plain = subscription(status, {}, [WEB_FEED]);
  return { ...plain, spec: { ...plain.spec, schedulingStrategy: 'Dividing' } };
}

const shared = (count: number) =>
  divided({ specHash: 1, bindingClusters: [EAST], replicas: { [WEB]: [count] } });
const localizationsFor = (count: number): readonly Localization[] =>
  planLocalizations({
    subscription: shared(count),
    inventory: counted,
    bases: new Map([[EAST, base()]]),
    existing: [],
  }).create;

function find(input: Partial<ShareInput>): string | undefined {
  return findMissingShare({
    subscription: shared(2),
    inventory: counted,
    binding: EAST,
    base: base(),
    feed: WEB_FEED,
    templates: [deployment(6)],
    localizations: localizationsFor(2),
    isCounting: true,
    ...input,
  });
}

describe('findMissingShare', () => {
  it.each<{ why: string; given: Partial<ShareInput> }>([
    { why: 'its share is there', given: {} },
    { why: 'nothing is divided', given: { subscription: subscription(), localizations: [] } },
    {
      why: 'it has no replicas to divide',
      given: {
        subscription: divided({ replicas: { 'v1/ConfigMap/foo/settings': [] } }),
        feed: CONFIG_FEED,
        templates: [configMap('settings')],
      },
    },
    {
      why: 'its count is left to an autoscaler',
      given: { subscription: divided({ replicas: { [WEB]: [] } }), templates: [deployment(undefined)] },
    },
    {
      why: 'somebody else counts, and leaves it out',
      given: { subscription: divided({ replicas: { [WEB]: [] } }), isCounting: false },
    },
    {
      why: 'a Go scheduler divided nothing for want of weights',
      given: {
        subscription: divided({ replicas: {}, specHash: hashSubscriptionSpec(divided({}).spec) }),
        localizations: [],
      },
    },
  ])('may be rendered: $why', ({ given }) => {
    expect(find(given)).toBeUndefined();
  });

  it.each<{ why: string; given: Partial<ShareInput>; want: string }>([
    {
      why: 'C BUG-9: the Base is there before its Localization',
      given: { localizations: [] },
      want: `in ${EAST} wait for their Localization`,
    },
    {
      why: 'the Localization still has the share of before',
      given: { localizations: localizationsFor(3) },
      want: `in ${EAST} wait for their Localization`,
    },
    {
      why: 'the Localization is that of another Base',
      given: { base: base({ uid: 'other' }) },
      want: `in ${EAST} wait for their Localization`,
    },
    { why: 'nothing is scheduled', given: { subscription: divided({}) }, want: 'are not divided yet' },
    {
      why: 'the feed is new',
      given: { subscription: divided({ specHash: 1, replicas: { 'v1/ConfigMap/foo/settings': [] } }) },
      want: 'are not divided yet',
    },
    {
      why: 'the object came after it was scheduled',
      given: { subscription: divided({ replicas: { [WEB]: [] } }) },
      want: 'are not counted yet',
    },
    {
      why: 'the cluster is not bound (any more)',
      given: { binding: 'clusternet-zzzzz/new' },
      want: 'are not divided for clusternet-zzzzz/new yet',
    },
    {
      why: 'an inventory of somebody else does not say where the count is',
      given: { inventory: inventory({ ...WEB_FEED, desiredReplicas: 6 }) },
      want: 'have no replicaJsonPath in its FeedInventory',
    },
  ])('waits: $why', ({ given, want }) => {
    expect(find(given)).toBe(`the replicas of Deployment foo/web ${want}`);
  });
});
