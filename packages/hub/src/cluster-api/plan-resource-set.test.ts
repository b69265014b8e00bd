import { parseYamlDocuments } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { planResourceSet } from './plan-resource-set.ts';

const manifests = `apiVersion: v1
kind: Namespace
metadata: { name: clusternet-system }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: clusternet-agent, namespace: clusternet-system }
spec:
  template:
    spec:
      containers:
        - name: clusternet-agent
          image: default:v1
          args: [--leader-elect=true, --cluster-sync-mode=Pull]
`;

const plan = (apiVersion: string, image?: string) =>
  planResourceSet({
    cluster: {
      apiVersion: 'cluster.x-k8s.io/v1beta1',
      kind: 'Cluster',
      metadata: { name: 'east', namespace: 'team-a', uid: 'u1' },
    },
    plan: { kind: 'join', name: 'east', labels: { a: 'b', c: 'd' } },
    registration: {
      parentUrl: 'https://parent',
      token: 'abcdef.0123456789abcdef',
      parentCaPem: 'PEM',
      ...(image === undefined ? {} : { image }),
    },
    manifests,
    apiVersion,
  });
const inside = ({ secret }: ReturnType<typeof plan>): KubeObject[] => {
  const data = secret['data'] as Record<string, string>;
  const text = Buffer.from(data['agent.yaml'] ?? '', 'base64').toString('utf8');
  return parseYamlDocuments(text) as unknown as KubeObject[];
};

describe('planResourceSet', () => {
  it('is a set for this one cluster, which goes with it', () => {
    const { secret, resourceSet } = plan('addons.cluster.x-k8s.io/v1beta1');
    for (const { metadata } of [secret, resourceSet]) {
      expect(metadata).toMatchObject({ name: 'clusternet-agent-east', namespace: 'team-a' });
      expect(metadata.ownerReferences).toMatchObject([{ kind: 'Cluster', name: 'east', uid: 'u1' }]);
    }
    expect(secret['type']).toBe('addons.cluster.x-k8s.io/resource-set');
    expect(resourceSet['spec']).toEqual({
      clusterSelector: { matchLabels: { 'cluster.x-k8s.io/cluster-name': 'east' } },
      resources: [{ kind: 'Secret', name: 'clusternet-agent-east' }],
      strategy: 'Reconcile',
    });
  });

  it('applies once where the version knows nothing else', () => {
    const { resourceSet } = plan('addons.cluster.x-k8s.io/v1alpha4');
    expect(resourceSet['spec']).toMatchObject({ strategy: 'ApplyOnce' });
  });

  it('holds the agent, told whose it is, and where the parent is', () => {
    const [, secret, deployment] = inside(plan('addons.cluster.x-k8s.io/v1beta1', 'mine:v2'));
    expect(secret?.['stringData']).toEqual({
      parentURL: 'https://parent',
      regToken: 'abcdef.0123456789abcdef',
      parentCA: 'PEM',
    });
    const { template } = deployment?.['spec'] as {
      template: { spec: { containers: { image: string; args: string[] }[] } };
    };
    expect(template.spec.containers[0]).toMatchObject({
      image: 'mine:v2',
      args: [
        '--leader-elect=true',
        '--cluster-reg-name=east',
        '--cluster-sync-mode=Dual',
        '--cluster-labels=a=b,c=d',
      ],
    });
  });
});
