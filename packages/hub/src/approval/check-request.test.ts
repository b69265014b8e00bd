import { describe, expect, it } from 'vitest';
import { CLUSTER_ID, request } from '../parent/objects.fixture.ts';
import { checkRequest } from './check-request.ts';

const OTHER_ID = '0a1b2c3d-0000-4000-8000-000000000002';

describe('checkRequest', () => {
  it.each([
    {
      why: 'no UUID',
      given: request({ clusterId: 'east' }, 'clusternet-east'),
      want: 'spec.clusterId "east"',
    },
    {
      why: 'A §11.1-10: more around a UUID, which the unanchored pattern of the CRD takes',
      given: request({ clusterId: `x${CLUSTER_ID}y` }),
      want: 'is not a UUID',
    },
    {
      why: 'another id than its name says',
      given: request({ clusterId: OTHER_ID }, `clusternet-${CLUSTER_ID}`),
      want: `must be named "clusternet-${OTHER_ID}"`,
    },
    {
      why: 'A §11.1-10: a cluster name of 31 characters',
      given: request({ clusterName: 'a'.repeat(31) }),
      want: 'at most 30 characters',
    },
    {
      why: 'A §11.1-10: a cluster name that is no object name',
      given: request({ clusterName: 'My_Cluster' }),
      want: 'spec.clusterName "My_Cluster"',
    },
    {
      why: 'a namespace that is no name',
      given: request({ clusterNamespace: 'a.b' }),
      want: 'spec.clusterNamespace "a.b"',
    },
    {
      why: 'a bad label key',
      given: request({ clusterLabels: { 'a b': 'c' } }),
      want: 'the key "a b"',
    },
    {
      why: 'a bad label value',
      given: request({ clusterLabels: { a: 'b c' } }),
      want: 'spec.clusterLabels["a"] "b c"',
    },
    { why: 'no spec', given: { ...request(), spec: undefined }, want: 'spec.clusterId ""' },
  ])('denies: $why', ({ given, want }) => {
    expect(checkRequest(given)).toEqual({ kind: 'denied', message: expect.stringContaining(want) });
  });

  it.each([
    { why: 'absent', spec: {}, namespace: undefined },
    { why: 'empty', spec: { clusterNamespace: '' }, namespace: undefined },
    { why: 'given', spec: { clusterNamespace: 'east' }, namespace: 'east' },
  ])('takes the namespace as it is: $why', ({ spec, namespace }) => {
    expect(checkRequest(request(spec))).toMatchObject({ kind: 'ok', cluster: { namespace } });
  });

  it.each([undefined, ''])(
    'A §11.1-12: makes a name for a request whose clusterName is %j',
    (clusterName) => {
      const { spec, ...rest } = request();
      const given = {
        ...rest,
        spec: { clusterId: spec!.clusterId, ...(clusterName === '' && { clusterName }) },
      };
      expect(checkRequest(given)).toMatchObject({
        kind: 'ok',
        cluster: { clusterName: 'clusternet-cluster-0a1b2', syncMode: 'Pull' },
      });
    },
  );

  it('A §11.1-13: a child cannot label itself as another', () => {
    const given = request({
      clusterLabels: {
        'clusters.clusternet.io/cluster-id': OTHER_ID,
        'clusters.clusternet.io/cluster-name': 'west',
        'clusternet.io/created-by': 'somebody',
        'apps.clusternet.io/subs.uid': 'x',
        'node.clusternet.io/zone': 'a',
        region: 'eu',
      },
    });
    const want = { 'node.clusternet.io/zone': 'a', region: 'eu' };
    expect(checkRequest(given)).toMatchObject({ kind: 'ok', cluster: { labels: want } });
    const check = checkRequest(given);
    expect(check.kind === 'ok' && check.cluster.labels).toEqual(want);
  });
});
