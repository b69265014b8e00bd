import { describe, expect, expectTypeOf, it } from 'vitest';
import { applyDefaults } from './defaults.ts';
import { getKindInfo, kinds } from './kinds.ts';
import type { ObjectMeta } from './object-meta.ts';
import type { ManagedCluster, Manifest, Subscription } from './index.ts';
import { validate, validateUpdate } from './validate.ts';

const UUID = '1f2a3b4c-1111-2222-3333-123456789abc';

function managedCluster(spec: object = {}, status?: object): unknown {
  return {
    apiVersion: 'clusters.clusternet.io/v1beta1',
    kind: 'ManagedCluster',
    metadata: { name: 'c', namespace: 'n' },
    spec: { clusterId: UUID, syncMode: 'Dual', ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

function subscription(spec: Partial<Subscription['spec']> = {}): Subscription {
  return {
    apiVersion: 'apps.clusternet.io/v1alpha1',
    kind: 'Subscription',
    metadata: { name: 's', namespace: 'n' },
    spec: { subscribers: [], feeds: [], ...spec },
  };
}

function localization(override: object, spec: object = {}): unknown {
  return {
    apiVersion: 'apps.clusternet.io/v1alpha1',
    kind: 'Localization',
    metadata: { name: 'l', namespace: 'n' },
    spec: { overrides: [{ type: 'Helm', value: 'a: 1', ...override }], ...spec },
  };
}

describe('the types', () => {
  it('are Kubernetes objects', () => {
    interface KubeObject {
      apiVersion: string;
      kind: string;
      metadata: ObjectMeta;
      [key: string]: unknown;
    }
    expectTypeOf<Subscription>().toExtend<KubeObject>();
    expectTypeOf<ManagedCluster>().toExtend<KubeObject>();
    expectTypeOf<Manifest>().toExtend<KubeObject>();
    expectTypeOf<Subscription['spec']['schedulingStrategy']>().toEqualTypeOf<
      'Dividing' | 'Replication' | undefined
    >();
  });
});

describe('validate', () => {
  it.each([
    managedCluster(),
    managedCluster(
      { clusterInitBaseName: null },
      { lastObservedTime: null, allocatable: { cpu: 4, memory: '1Gi', 'x.io/y': 9007199254740993n } },
    ),
    managedCluster({ taints: [{ key: 'a', effect: 'NoSchedule' }], unknownToUs: 1 }),
    subscription({ subscribers: [{ clusterAffinity: {}, weight: 0 }] }),
    localization({ fieldFormat: 'JSON' }, { priority: 0 }),
    { apiVersion: 'proxies.clusternet.io/v1alpha1', kind: 'Socket', metadata: { name: 'x' } },
  ])('takes valid object %#', (object) => {
    expect(validate(object)).toEqual([]);
  });

  it.each([
    [
      managedCluster({ syncMode: 'Sideways' }),
      'spec.syncMode must be one of Push, Pull, Dual, found "Sideways"',
    ],
    [managedCluster({ syncMode: undefined }), 'spec.syncMode is required, found nothing'],
    // The CRD would take these two, because its patterns are not anchored.
    [managedCluster({ clusterId: `x${UUID}` }), /^spec\.clusterId must match .*, found "x1f2a3b4c-/],
    [registration({ clusterName: 'Evil_Name' }), /^spec\.clusterName must match .*, found "Evil_Name"$/],
    [registration({ clusterName: 'a'.repeat(31) }), 'spec.clusterName may have 30 characters, found 31'],
    [
      subscription({ subscribers: [{ clusterAffinity: {}, weight: -1 }] }),
      'spec.subscribers[0].weight must be at least 0, found -1',
    ],
    [subscription({ priority: 2 ** 31 }), 'spec.priority must be at most 2147483647, found 2147483648'],
    [
      subscription({ feeds: [{ kind: 'A', apiVersion: 'v1' } as never] }),
      'spec.feeds[0].name is required, found nothing',
    ],
    [subscription({ feeds: {} as never }), 'spec.feeds must be a list, found {}'],
    [
      localization({ type: 'StrategicMergePatch' }),
      /^spec\.overrides\[0\]\.type must be one of .*, found "StrategicMergePatch"$/,
    ],
    [
      managedCluster({}, { heartbeatFrequencySeconds: 2n ** 63n }),
      /^status\.heartbeatFrequencySeconds must be at most 9223372036854775807, /,
    ],
    [
      subscription({ priority: 9007199254740993n as never }),
      /^spec\.priority must be at most 2147483647, found 9007199254740993$/,
    ],
    [localization({}, { priority: 1001 }), 'spec.priority must be at most 1000, found 1001'],
    [
      managedCluster({}, { allocatable: { cpu: 'lots' } }),
      /^status\.allocatable\.cpu must match .*, found "lots"$/,
    ],
    [
      managedCluster({}, { allocatable: { cpu: true } }),
      'status.allocatable.cpu must be an integer or text, found true',
    ],
    [{ apiVersion: 'v1', kind: 'Pod' }, 'apiVersion "v1" with kind "Pod" is none of our kinds'],
    [
      { apiVersion: 'v1', kind: 'constructor' },
      'apiVersion "v1" with kind "constructor" is none of our kinds',
    ],
    [null, 'an object is expected, found nothing'],
  ])('refuses invalid object %#', (object, want) => {
    const messages = validate(object).map(({ message }) => message);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(want);
  });

  it('names every issue with its path', () => {
    expect(
      validate(subscription({ priority: 'x' as never, feeds: undefined as never })).map(({ path }) => path),
    ).toEqual(['spec.feeds', 'spec.priority']);
  });

  it('is quick on text made to be slow', () => {
    const started = performance.now();
    expect(validate(registration({ clusterName: `${'a'.repeat(29)}!` }))).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(100);
  });
});

function registration(spec: object): unknown {
  return {
    apiVersion: 'clusters.clusternet.io/v1beta1',
    kind: 'ClusterRegistrationRequest',
    metadata: { name: `clusternet-${UUID}` },
    spec: { clusterId: UUID, ...spec },
  };
}

describe('validateUpdate', () => {
  it.each([
    { why: 'may be set', from: {}, to: { clusterInitBaseName: 'b' }, want: [] },
    { why: 'may stay', from: { clusterInitBaseName: 'b' }, to: { clusterInitBaseName: 'b' }, want: [] },
    {
      why: 'may not change',
      from: { clusterInitBaseName: 'b' },
      to: { clusterInitBaseName: 'c' },
      want: ['spec.clusterInitBaseName cannot change once set: it was "b", found "c"'],
    },
    {
      why: 'may not vanish',
      from: { clusterInitBaseName: 'b' },
      to: {},
      want: ['spec.clusterInitBaseName cannot change once set: it was "b", found nothing'],
    },
  ])('clusterInitBaseName $why', ({ from, to, want }) => {
    expect(validateUpdate(managedCluster(from), managedCluster(to)).map(({ message }) => message)).toEqual(
      want,
    );
  });
});

describe('applyDefaults', () => {
  it('fills in what the CRD does, also inside what is there', () => {
    expect(
      applyDefaults(subscription({ dividingScheduling: { dynamicDividing: {} } as never })).spec,
    ).toEqual({
      subscribers: [],
      feeds: [],
      schedulerName: 'default',
      schedulingStrategy: 'Replication',
      preemptionPolicy: 'PreemptLowerPriority',
      dividingScheduling: { type: 'Static', dynamicDividing: { strategy: 'Spread' } },
    });
  });

  it('keeps what is set, even 0 and false', () => {
    const chart = {
      apiVersion: 'apps.clusternet.io/v1alpha1',
      kind: 'HelmChart',
      metadata: {},
      spec: { repo: 'oci://x', chart: 'c', targetNamespace: 't', timeoutSeconds: 0, createNamespace: false },
    };
    expect(applyDefaults(chart)).toBe(chart);
  });

  it('does not touch its argument', () => {
    const given = subscription();
    applyDefaults(given);
    expect(given).toEqual(subscription());
  });

  it('leaves other kinds alone', () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: {} };
    expect(applyDefaults(pod)).toBe(pod);
  });
});

describe('kinds', () => {
  it('are found by apiVersion and kind', () => {
    expect(getKindInfo('clusters.clusternet.io/v1beta1', 'ManagedCluster')).toMatchObject({
      group: 'clusters.clusternet.io',
      version: 'v1beta1',
      plural: 'managedclusters',
      singular: 'managedcluster',
      scope: 'Namespaced',
      shortNames: ['mcls'],
      categories: ['clusternet'],
      hasStatus: true,
    });
    expect(getKindInfo('clusters.clusternet.io/v1', 'ManagedCluster')).toBeUndefined();
    expect(kinds.ServiceExport).toMatchObject({ version: 'v1alpha1', categories: [] });
  });
});
