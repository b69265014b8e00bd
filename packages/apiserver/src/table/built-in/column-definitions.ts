import type { ColumnDefinition } from '../table-columns.ts';

/** Columns of the built-in kinds as kube-apiserver 1.36 has them: `*` for wide output only, `:type` for what is no text. */
const COLUMNS: readonly (readonly [key: string, columns: string])[] = [
  ['/configmaps', 'Name|Data|Age'],
  ['/endpoints', 'Name|Endpoints|Age'],
  ['/events', 'Last Seen|Type|Reason|Object|Subobject*|Source*|Message|First Seen*|Count*|Name*'],
  ['/namespaces', 'Name|Status|Age'],
  [
    '/nodes',
    'Name|Status|Roles|Age|Version|Internal-IP*|External-IP*|OS-Image*|Kernel-Version*|Container-Runtime*',
  ],
  [
    '/persistentvolumeclaims',
    'Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|VolumeMode*',
  ],
  [
    '/persistentvolumes',
    'Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age|VolumeMode*',
  ],
  ['/pods', 'Name|Ready|Status|Restarts|Age|IP*|Node*|Nominated Node*|Readiness Gates*'],
  ['/podtemplates', 'Name|Containers|Images|Pod Labels'],
  [
    '/replicationcontrollers',
    'Name|Desired:integer|Current:integer|Ready:integer|Age|Containers*|Images*|Selector*',
  ],
  ['/resourcequotas', 'Name|Request|Limit|Age'],
  ['/secrets', 'Name|Type|Data|Age'],
  ['/serviceaccounts', 'Name|Age'],
  ['/services', 'Name|Type|Cluster-IP|External-IP|Port(s)|Age|Selector*'],
  ['apiregistration.k8s.io/apiservices', 'Name|Service|Available|Age'],
  ['apps/controllerrevisions', 'Name|Controller|Revision|Age'],
  [
    'apps/daemonsets',
    'Name|Desired:integer|Current:integer|Ready:integer|Up-to-date:integer|Available:integer|Node Selector|Age|Containers*|Images*|Selector*',
  ],
  ['apps/deployments', 'Name|Ready|Up-to-date|Available|Age|Containers*|Images*|Selector*'],
  [
    'apps/replicasets',
    'Name|Desired:integer|Current:integer|Ready:integer|Age|Containers*|Images*|Selector*',
  ],
  ['apps/statefulsets', 'Name|Ready|Age|Containers*|Images*'],
  [
    'events.k8s.io/events',
    'Last Seen|Type|Reason|Object|Subobject*|Source*|Message|First Seen*|Count*|Name*',
  ],
  ['autoscaling/horizontalpodautoscalers', 'Name|Reference|Targets|MinPods|MaxPods|Replicas|Age'],
  [
    'batch/cronjobs',
    'Name|Schedule|Timezone|Suspend:boolean|Active:integer|Last Schedule|Age|Containers*|Images*|Selector*',
  ],
  ['batch/jobs', 'Name|Status|Completions|Duration|Age|Containers*|Images*|Selector*'],
  [
    'certificates.k8s.io/certificatesigningrequests',
    'Name|Age|SignerName|Requestor|RequestedDuration|Condition',
  ],
  ['networking.k8s.io/ingressclasses', 'Name|Controller|Parameters|Age'],
  ['networking.k8s.io/ingresses', 'Name|Class|Hosts|Address|Ports|Age'],
  ['networking.k8s.io/networkpolicies', 'Name|Pod-Selector|Age'],
  ['policy/poddisruptionbudgets', 'Name|Min Available|Max Unavailable|Allowed Disruptions:integer|Age'],
  ['rbac.authorization.k8s.io/clusterrolebindings', 'Name|Role|Age|Users*|Groups*|ServiceAccounts*'],
  ['rbac.authorization.k8s.io/rolebindings', 'Name|Role|Age|Users*|Groups*|ServiceAccounts*'],
  [
    'storage.k8s.io/storageclasses',
    'Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age',
  ],
  ['admissionregistration.k8s.io/mutatingwebhookconfigurations', 'Name|Webhooks:integer|Age'],
  ['admissionregistration.k8s.io/validatingwebhookconfigurations', 'Name|Webhooks:integer|Age'],
  ['scheduling.k8s.io/priorityclasses', 'Name|Value:integer|Global-Default:boolean|Age|PreemptionPolicy'],
  ['coordination.k8s.io/leases', 'Name|Holder|Age'],
  ['discovery.k8s.io/endpointslices', 'Name|AddressType|Ports|Endpoints|Age'],
];

const BY_KEY = new Map(COLUMNS);

/** The columns of a built-in kind, by `group/resource`; undefined for one that has none of its own. */
export function getColumnDefinitions(key: string): readonly ColumnDefinition[] | undefined {
  return BY_KEY.get(key)?.split('|').map(parseColumn);
}

function parseColumn(text: string): ColumnDefinition {
  const [column = '', type = 'string'] = text.split(':');
  const name = column.replace('*', '');
  const format = name === 'Name' ? 'name' : '';
  return { name, type, format, description: '', priority: column.endsWith('*') ? 1 : 0 };
}
