import type { Feed, Globalization, Localization } from '@clusternet/api-types';
import { decodeBase64, decodeUtf8, parseJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import {
  base,
  cluster,
  CONFIG_FEED,
  configMap,
  description,
  globalization,
  localization,
} from '../parent/objects.fixture.ts';
import { planDescription } from './plan-description.ts';
import type { BasePlan, GatheredFeed } from './plan-description.ts';

const LABELLED = base({
  labels: {
    'clusters.clusternet.io/cluster-id': 'id',
    'clusters.clusternet.io/cluster-name': 'east',
    'apps.clusternet.io/subs.uid': 'sub-uid',
    'apps.clusternet.io/subs.namespace': 'default',
    'apps.clusternet.io/subs.name': 'app',
  },
});
const LABELS = {
  ...LABELLED.metadata.labels,
  'clusternet.io/created-by': 'clusternet-controller-manager',
  'apps.clusternet.io/config.kind': 'Base',
  'apps.clusternet.io/config.namespace': 'clusternet-aaaaa',
  'apps.clusternet.io/config.uid': 'base-uid',
};
const OTHER_FEED: Feed = { ...CONFIG_FEED, name: 'other' };

function gathered(
  feed: Feed,
  templates: readonly KubeObject[],
  overrides: { globalizations?: Globalization[]; localizations?: Localization[]; problems?: string[] } = {},
): GatheredFeed {
  const full = { globalizations: [], localizations: [], problems: [], ...overrides };
  return { feed, objects: templates.map((template) => ({ template, overrides: full })) };
}

const decode = (raw: readonly string[] = []): unknown[] =>
  raw.map((text) => parseJson(decodeUtf8(decodeBase64(text))));

function documentsOf({ change }: BasePlan): unknown[] {
  switch (change.kind) {
    case 'create':
      return decode(change.description.spec.raw);
    case 'update':
      return decode(change.spec.raw);
    default:
      return [];
  }
}

describe('planDescription', () => {
  it('makes the Description that Go peers expect', () => {
    const plan = planDescription(LABELLED, [gathered(CONFIG_FEED, [configMap('settings')])], undefined);
    expect(plan).toMatchObject({
      problems: [],
      change: {
        kind: 'create',
        description: {
          metadata: {
            name: 'app-xxxxx-generic',
            namespace: 'clusternet-aaaaa',
            labels: LABELS,
            finalizers: ['apps.clusternet.io/finalizer'],
            ownerReferences: [{ kind: 'Base', name: 'app-xxxxx', uid: 'base-uid', controller: true }],
          },
          spec: { deployer: 'Generic' },
        },
      },
    });
    expect(documentsOf(plan)).toEqual([configMap('settings')]);
  });

  it('writes nothing when the Description says it already', () => {
    const current = description([configMap('settings')], {}, { labels: LABELS });
    const plan = planDescription(LABELLED, [gathered(CONFIG_FEED, [configMap('settings')])], current);
    expect(plan).toEqual({ change: { kind: 'none' }, problems: [] });
  });

  it.each([
    { why: 'a label is missing', labels: {}, extra: [] },
    { why: 'something in it is no object', labels: LABELS, extra: ['bm90IGpzb24='] },
  ])('writes it anew when $why', ({ labels, extra }) => {
    const current = description([configMap('settings')], {}, { labels });
    current.spec.raw = [...current.spec.raw!, ...extra];
    const plan = planDescription(LABELLED, [gathered(CONFIG_FEED, [configMap('settings')])], current);
    expect(plan.change).toMatchObject({ kind: 'update', labels: LABELS });
    expect(documentsOf(plan)).toEqual([configMap('settings')]);
  });

  it('applies Globalizations before Localizations, by priority', () => {
    const overrides = {
      globalizations: [globalization('strong', { priority: 1000 }), globalization('weak', { priority: 1 })],
      localizations: [localization('local', { priority: 0 })],
    };
    const plan = planDescription(
      LABELLED,
      [gathered(CONFIG_FEED, [configMap('settings')], overrides)],
      undefined,
    );
    expect(documentsOf(plan)).toMatchObject([{ data: { by: 'local' } }]);
    const { globalizations } = overrides;
    const global = gathered(CONFIG_FEED, [configMap('settings')], { globalizations });
    expect(documentsOf(planDescription(LABELLED, [global], undefined))).toMatchObject([
      { data: { by: 'strong' } },
    ]);
  });

  it('deletes it when no feed is left, and makes none for none', () => {
    const current = description([configMap('settings')], {}, { labels: LABELS });
    expect(planDescription(LABELLED, [], current).change).toEqual({ kind: 'delete' });
    expect(planDescription(LABELLED, [], undefined).change).toEqual({ kind: 'none' });
  });

  it('makes none while no feed is there, and says what it waits for', () => {
    const plan = planDescription(LABELLED, [gathered(CONFIG_FEED, [])], undefined);
    expect(plan.change).toEqual({ kind: 'none' });
    expect(plan.problems).toEqual([
      {
        reason: 'FeedNotFound',
        isFatal: true,
        message: expect.stringContaining(
          'Base clusternet-aaaaa/app-xxxxx is using a nonexistent ConfigMap foo/settings',
        ),
      },
    ]);
  });
});

describe('planDescription: a feed that cannot be rendered waits alone', () => {
  const old = configMap('settings', { version: 'old' });
  const current = description([old, configMap('other', { version: 'old' })], {}, { labels: LABELS });
  const fine = gathered(OTHER_FEED, [configMap('other', { version: 'new' })]);
  const want = [old, configMap('other', { version: 'new' })];
  const override = (value: string, type = 'MergePatch') => [
    globalization('broken', { overrides: [{ name: 'x', type, value }] } as Partial<Globalization['spec']>),
  ];

  it.each([
    { why: 'a missing feed', given: gathered(CONFIG_FEED, []), reason: 'FeedNotFound', text: 'foo/settings' },
    {
      why: 'an override that does not parse',
      given: gathered(CONFIG_FEED, [configMap('settings')], { globalizations: override('a: [') }),
      reason: 'FailedApplyingOverrides',
      text: 'broken',
    },
    {
      why: 'an override whose selector cannot be read',
      given: gathered(CONFIG_FEED, [configMap('settings')], { problems: ['Globalization g cannot be read'] }),
      reason: 'FailedApplyingOverrides',
      text: 'Globalization g cannot be read',
    },
  ])('$why keeps its last rendering, the others go on', ({ given, reason, text }) => {
    const plan = planDescription(LABELLED, [given, fine], current);
    expect(documentsOf(plan)).toEqual(want);
    expect(plan.problems).toMatchObject([{ reason, isFatal: true, message: expect.stringContaining(text) }]);
    expect(plan.problems[0]!.message).toContain('ConfigMap foo/settings');
  });

  it('C §2.2: a HelmChart does not freeze the others either', () => {
    const chart = {
      apiVersion: 'apps.clusternet.io/v1alpha1',
      kind: 'HelmChart',
      namespace: 'foo',
      name: 'c',
    };
    const plan = planDescription(LABELLED, [gathered(chart, []), fine], undefined);
    expect(documentsOf(plan)).toEqual([configMap('other', { version: 'new' })]);
    expect(plan.problems).toMatchObject([{ reason: 'HelmNotSupported', isFatal: true }]);
  });

  it('tells of an override that was discarded because its path is missing, and delivers', () => {
    const patch = '[{"op":"remove","path":"/data/nothing"}]';
    const given = gathered(CONFIG_FEED, [configMap('settings')], {
      globalizations: override(patch, 'JSONPatch'),
    });
    const plan = planDescription(LABELLED, [given], undefined);
    expect(documentsOf(plan)).toEqual([configMap('settings')]);
    expect(plan.problems).toMatchObject([{ reason: 'OverrideDiscarded', isFatal: false }]);
    expect(plan.problems[0]!.message).toMatch(/ConfigMap foo\/settings in clusternet-aaaaa: .*broken/);
  });

  it('fills the templates of overrides that ask for it with facts about the cluster', () => {
    const value = '{"data":{"zone":"${{ cluster.labels.zone }}"}}';
    const asking = { annotations: { 'apps.clusternet.io/override-templates': 'true' } };
    const templated = globalization('g', { overrides: [{ type: 'MergePatch', value }] }, asking);
    const { objects, feed } = gathered(CONFIG_FEED, [configMap('settings')], { globalizations: [templated] });
    const east = cluster({}, {}, { labels: { zone: 'eu-1' } });
    const [object] = objects;
    const given = { feed, objects: [{ ...object!, overrides: { ...object!.overrides, cluster: east } }] };
    expect(documentsOf(planDescription(LABELLED, [given], undefined))).toMatchObject([
      { data: { zone: 'eu-1' } },
    ]);
  });
});
