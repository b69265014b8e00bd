import type { ResourceClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import type { Plane } from './plane.ts';

const GROUP = 'cluster.x-k8s.io';
const ADDONS = `addons.${GROUP}`;

/** The definitions of what the hub uses of Cluster API, with no more schema than it needs. */
export function capiKinds(): KubeObject[] {
  return [
    definition(GROUP, 'clusters', 'Cluster', true),
    definition(ADDONS, 'clusterresourcesets', 'ClusterResourceSet', false),
  ];
}

/** A Cluster as a user makes it. */
export function capiCluster(namespace: string, name: string): KubeObject {
  return { apiVersion: `${GROUP}/v1beta1`, kind: 'Cluster', metadata: { namespace, name }, spec: {} };
}

/** The Clusters of a management cluster. */
export function clustersIn({ client }: Plane): ResourceClient {
  return client.resource({
    group: GROUP,
    version: 'v1beta1',
    kind: 'Cluster',
    plural: 'clusters',
    namespaced: true,
  });
}

/** The ClusterResourceSets of a management cluster. */
export function resourceSetsIn({ client }: Plane): ResourceClient {
  return client.resource({
    group: ADDONS,
    version: 'v1beta1',
    kind: 'ClusterResourceSet',
    plural: 'clusterresourcesets',
    namespaced: true,
  });
}

function definition(group: string, plural: string, kind: string, hasPhase: boolean): KubeObject {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      // Names of this group are Kubernetes' own.
      annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/cluster-api' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: 'v1beta1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: open, ...(hasPhase ? { status: open } : {}) },
            },
          },
        },
      ],
    },
  };
}
