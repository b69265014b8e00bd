import type { Subscription } from '@clusternet/api-types';
import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { CONFIG_FEED, configMap, manifest, subscription } from '../parent/objects.fixture.ts';
import { planFeedGuard } from './plan-feed-guard.ts';

const APP = 'apps.clusternet.io/finalizer';
const PROTECTION = 'apps.clusternet.io/feed-protection';
const DELETED = { deletionTimestamp: '2026-01-01T00:00:00Z' };

function settings(metadata: Partial<KubeObject['metadata']> = {}) {
  const made = manifest(configMap('settings'));
  return { ...made, metadata: { ...made.metadata, ...metadata } };
}

const other = { ...CONFIG_FEED, name: 'other' };
const user = (name: string, feeds = [CONFIG_FEED, other], metadata = {}): Subscription =>
  subscription(undefined, { name, ...metadata }, feeds);

describe('planFeedGuard', () => {
  it('holds every template, and by the gate those in use', () => {
    expect(planFeedGuard(settings(), [], true)).toEqual({ kind: 'guard', finalizers: [APP, PROTECTION] });
    expect(planFeedGuard(settings({ finalizers: ['mine'] }), [], false)).toEqual({
      kind: 'guard',
      finalizers: ['mine', APP],
    });
    expect(planFeedGuard(settings({ finalizers: [PROTECTION, APP] }), [], true)).toEqual({ kind: 'nothing' });
    expect(planFeedGuard(settings({ labels: {} }), [], true)).toEqual({ kind: 'nothing' });
  });

  it('keeps one that is deleted and in use, and says by whom, once', () => {
    const deleted = settings({ ...DELETED, finalizers: [APP, PROTECTION] });
    const message =
      'block deleting current ConfigMap until all Subscriptions (including default/a, default/b) that refer this as a feed get deleted';
    const users = [user('b'), user('a'), user('going', undefined, DELETED), user('without', [other])];
    expect(planFeedGuard(deleted, users, true)).toEqual({ kind: 'block', message });
    const told = settings({
      ...DELETED,
      finalizers: [APP, PROTECTION],
      annotations: { [PROTECTION]: message },
    });
    expect(planFeedGuard(told, users, true)).toEqual({ kind: 'nothing' });
    const many = Array.from({ length: 12 }, (_, index) => user(`s${index}`));
    expect(planFeedGuard(deleted, many, true)).toMatchObject({
      message: expect.stringContaining('and 2 more') as string,
    });
  });

  it('lets it go when nobody uses it any more', () => {
    const deleted = settings({ ...DELETED, finalizers: [APP, PROTECTION, 'mine'] });
    expect(planFeedGuard(deleted, [user('a', [other])], true)).toEqual({
      kind: 'release',
      finalizers: ['mine'],
      unsubscribe: [],
    });
    expect(planFeedGuard(settings({ ...DELETED, finalizers: ['mine'] }), [], true)).toEqual({
      kind: 'nothing',
    });
  });

  it('C BUG-7: takes an unprotected one out of all who use it, however often they list it', () => {
    const deleted = settings({ ...DELETED, finalizers: [APP] });
    const everywhere = { ...CONFIG_FEED, namespace: '' };
    const twice = user('twice', [CONFIG_FEED, other, CONFIG_FEED]);
    expect(planFeedGuard(deleted, [twice, user('any', [everywhere])], false)).toEqual({
      kind: 'release',
      finalizers: [],
      unsubscribe: [{ subscription: twice, feeds: [other] }],
    });
  });
});
