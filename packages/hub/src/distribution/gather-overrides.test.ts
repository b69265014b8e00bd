import { createStore } from '@clusternet/controller-kit';
import type { Globalization, Localization } from '@clusternet/api-types';
import { silentLogger } from '@clusternet/runtime';
import { describe, expect, it } from 'vitest';
import { INDEX } from '../parent/caches.ts';
import { manifestKey } from '../parent/feed-keys.ts';
import {
  cluster,
  CONFIG_FEED,
  configMap,
  globalization,
  localization,
  manifest,
} from '../parent/objects.fixture.ts';
import { gatherOverrides } from './gather-overrides.ts';

function cachesOf(globalizations: Globalization[], localizations: Localization[]) {
  const store = <T extends Globalization | Localization>(objects: T[]) => {
    const created = createStore<T>(silentLogger, {
      indexes: { [INDEX.feed]: ({ spec }) => (spec.feed === undefined ? [] : [manifestKey(spec.feed)]) },
    });
    created.replace(objects);
    return { store: created };
  };
  return {
    globalizations: store(globalizations),
    localizations: store(localizations),
  } as unknown as Parameters<typeof gatherOverrides>[0];
}

const going = { deletionTimestamp: '2026-01-02T00:00:00Z' };
const anywhere = { ...CONFIG_FEED, namespace: '' };
const east = cluster({}, {}, { labels: { region: 'eu' } });

function gather(globalizations: Globalization[], localizations: Localization[], of = east) {
  const object = manifest(configMap('settings'));
  const found = gatherOverrides(cachesOf(globalizations, localizations), object, 'clusternet-aaaaa', of);
  return {
    names: [...found.globalizations, ...found.localizations].map(({ metadata }) => metadata.name),
    problems: found.problems,
  };
}

describe('gatherOverrides', () => {
  it.each([
    { why: 'names the object', given: [globalization('g')], want: ['g'] },
    {
      why: 'names another object',
      given: [globalization('g', { feed: { ...CONFIG_FEED, name: 'other' } })],
      want: [],
    },
    { why: 'names it in any namespace', given: [globalization('g', { feed: anywhere })], want: ['g'] },
    {
      why: 'names it in another namespace',
      given: [globalization('g', { feed: { ...CONFIG_FEED, namespace: 'bar' } })],
      want: [],
    },
    { why: 'is being deleted', given: [globalization('g', {}, going)], want: [] },
    {
      why: 'is for clusters like this one',
      given: [globalization('g', { clusterAffinity: { matchLabels: { region: 'eu' } } })],
      want: ['g'],
    },
    {
      why: 'is for other clusters',
      given: [globalization('g', { clusterAffinity: { matchLabels: { region: 'us' } } })],
      want: [],
    },
    { why: 'is for any cluster', given: [globalization('g', { clusterAffinity: {} })], want: ['g'] },
  ])('a Globalization that $why: $want', ({ given, want }) => {
    expect(gather(given, [])).toEqual({ names: want, problems: [] });
  });

  it.each([
    { why: 'in the namespace of the cluster', given: localization('l'), want: ['l'] },
    { why: 'elsewhere', given: localization('l', {}, { namespace: 'clusternet-bbbbb' }), want: [] },
    { why: 'being deleted', given: localization('l', {}, going), want: [] },
    { why: 'for any namespace', given: localization('l', { feed: anywhere }), want: ['l'] },
  ])('a Localization $why: $want', ({ given, want }) => {
    expect(gather([], [given]).names).toEqual(want);
  });

  it('names a Globalization whose selector cannot be read, instead of failing', () => {
    const broken = globalization('g', {
      clusterAffinity: { matchExpressions: [{ key: 'a', operator: 'In' }] },
    });
    const { names, problems } = gather([broken, globalization('fine')], []);
    expect(names).toEqual(['fine']);
    expect(problems).toEqual([
      expect.stringContaining('spec.clusterAffinity of Globalization g cannot be read'),
    ]);
  });
});
