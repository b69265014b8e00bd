import { LABELS, LABEL_VALUES } from '@clusternet/api-types';
import { planAgentObjects } from '@clusternet/client';
import { stringifyYaml } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import type { CapiCluster } from './management.ts';
import { CLUSTER_NAME_LABEL } from './plan-membership.ts';
import type { MembershipPlan } from './plan-membership.ts';
import type { Registration } from './registration.ts';

export interface ResourceSetFacts {
  readonly cluster: CapiCluster;
  readonly plan: Extract<MembershipPlan, { kind: 'join' }>;
  readonly registration: Registration;
  /** Those of `deploy/agent`, YAML. */
  readonly manifests: string;
  /** `addons.cluster.x-k8s.io/…` */
  readonly apiVersion: string;
}

/** Our objects of a Cluster, in its namespace of the management cluster. They go with it. */
export interface ResourceSetPlan {
  /** What Cluster API applies in the new cluster; it holds the registration token, so it is a Secret. */
  readonly secret: KubeObject;
  readonly resourceSet: KubeObject;
}

const PREFIX = 'clusternet-agent-';

export function planResourceSet(facts: ResourceSetFacts): ResourceSetPlan {
  const { cluster, plan, registration, manifests, apiVersion } = facts;
  const { name: clusterName = '', namespace = '', uid = '' } = cluster.metadata;
  const name = `${PREFIX}${clusterName}`;
  const objects = planAgentObjects({ ...registration, ...plan, syncMode: 'Dual' }, manifests);
  const owner = { apiVersion: cluster.apiVersion, kind: cluster.kind, name: clusterName, uid };
  const metadata = {
    name,
    namespace,
    labels: { [LABELS.createdBy]: LABEL_VALUES.createdByControllerManager },
    ownerReferences: [owner],
  };
  return {
    secret: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      // Cluster API applies no other type.
      type: 'addons.cluster.x-k8s.io/resource-set',
      data: {
        'agent.yaml': Buffer.from(objects.map((object) => stringifyYaml(object)).join('---\n')).toString(
          'base64',
        ),
      },
    },
    resourceSet: {
      apiVersion,
      kind: 'ClusterResourceSet',
      metadata,
      spec: {
        clusterSelector: { matchLabels: { [CLUSTER_NAME_LABEL]: clusterName } },
        resources: [{ kind: 'Secret', name }],
        // The first version knows to apply once alone.
        strategy: apiVersion.endsWith('/v1alpha4') ? 'ApplyOnce' : 'Reconcile',
      },
    },
  };
}
