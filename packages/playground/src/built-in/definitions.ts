import { createBuiltInColumns } from '@clusternet/apiserver';
import type { ResourceStrategy, ScalePaths, StoredResourceDefinition } from '@clusternet/apiserver';
import type { BuiltInApi, BuiltInResource } from '../load-built-in-api.ts';
import { crdStrategy } from '../crds/crd-strategy.ts';
import {
  claimStrategy,
  configMapStrategy,
  countedStrategy,
  createServiceAddresses,
  createServiceStrategy,
  endpointsStrategy,
  namespaceStrategy,
  nodeStrategy,
  plainStrategy,
  resourceQuotaStrategy,
  secretStrategy,
  volumeStrategy,
} from './core-strategies.ts';
import { toNewEvent, toStoredEvent } from './event-conversion.ts';
import {
  apiServiceStrategy,
  autoscalerStrategy,
  bindingStrategy,
  leaseStrategy,
  networkPolicyStrategy,
  priorityClassStrategy,
  roleStrategy,
  signingRequestStrategy,
  storageClassStrategy,
  webhookStrategy,
} from './other-strategies.ts';
import {
  cronJobStrategy,
  daemonSetStrategy,
  deploymentStrategy,
  jobStrategy,
  podStrategy,
  replicaSetStrategy,
  replicationControllerStrategy,
  statefulSetStrategy,
} from './workload-strategies.ts';

function createStrategies(): ReadonlyMap<string, ResourceStrategy> {
  return new Map<string, ResourceStrategy>([
    ['/configmaps', configMapStrategy],
    ['/endpoints', endpointsStrategy],
    ['/events', plainStrategy],
    ['/limitranges', plainStrategy],
    ['/namespaces', namespaceStrategy],
    ['/nodes', nodeStrategy],
    ['/persistentvolumeclaims', claimStrategy],
    ['/persistentvolumes', volumeStrategy],
    ['/pods', podStrategy],
    ['/replicationcontrollers', replicationControllerStrategy],
    ['/resourcequotas', resourceQuotaStrategy],
    ['/secrets', secretStrategy],
    ['/serviceaccounts', plainStrategy],
    ['/services', createServiceStrategy(createServiceAddresses())],
    ['admissionregistration.k8s.io/mutatingwebhookconfigurations', webhookStrategy],
    ['admissionregistration.k8s.io/validatingwebhookconfigurations', webhookStrategy],
    ['apiextensions.k8s.io/customresourcedefinitions', crdStrategy],
    ['apiregistration.k8s.io/apiservices', apiServiceStrategy],
    ['apps/controllerrevisions', plainStrategy],
    ['apps/daemonsets', daemonSetStrategy],
    ['apps/deployments', deploymentStrategy],
    ['apps/replicasets', replicaSetStrategy],
    ['apps/statefulsets', statefulSetStrategy],
    ['autoscaling/horizontalpodautoscalers', autoscalerStrategy],
    ['batch/cronjobs', cronJobStrategy],
    ['batch/jobs', jobStrategy],
    ['certificates.k8s.io/certificatesigningrequests', signingRequestStrategy],
    ['coordination.k8s.io/leases', leaseStrategy],
    ['events.k8s.io/events', plainStrategy],
    ['networking.k8s.io/networkpolicies', networkPolicyStrategy],
    ['rbac.authorization.k8s.io/clusterrolebindings', bindingStrategy],
    ['rbac.authorization.k8s.io/clusterroles', roleStrategy],
    ['rbac.authorization.k8s.io/rolebindings', bindingStrategy],
    ['rbac.authorization.k8s.io/roles', roleStrategy],
    ['scheduling.k8s.io/priorityclasses', priorityClassStrategy],
    ['storage.k8s.io/storageclasses', storageClassStrategy],
  ]);
}

const EVENT_FIELDS = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

const SELECTABLE: ReadonlyMap<string, readonly string[]> = new Map([
  [
    '/events',
    [
      ...EVENT_FIELDS.map((field) => `involvedObject.${field}`),
      'reason',
      'reportingComponent',
      'source',
      'type',
    ],
  ],
  [
    'events.k8s.io/events',
    [...EVENT_FIELDS.map((field) => `regarding.${field}`), 'reason', 'reportingController', 'type'],
  ],
  ['/namespaces', ['status.phase']],
  ['/nodes', ['spec.unschedulable']],
  [
    '/pods',
    [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'spec.hostNetwork',
      'status.phase',
      'status.podIP',
      'status.nominatedNodeName',
    ],
  ],
  ['/replicationcontrollers', ['status.replicas']],
  ['/secrets', ['type']],
  ['/services', ['spec.clusterIP', 'spec.type']],
  ['apps/replicasets', ['status.replicas']],
  ['batch/jobs', ['status.successful']],
  ['certificates.k8s.io/certificatesigningrequests', ['spec.signerName']],
]);

/** Kinds whose updates have to say which version they start from. */
const CONDITIONAL: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io/mutatingadmissionpolicies',
  'admissionregistration.k8s.io/mutatingadmissionpolicybindings',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingadmissionpolicies',
  'admissionregistration.k8s.io/validatingadmissionpolicybindings',
  'admissionregistration.k8s.io/validatingwebhookconfigurations',
  'apiextensions.k8s.io/customresourcedefinitions',
  'apiregistration.k8s.io/apiservices',
  'coordination.k8s.io/leases',
  'node.k8s.io/runtimeclasses',
  'policy/poddisruptionbudgets',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/csinodes',
  'storage.k8s.io/csistoragecapacities',
  'storage.k8s.io/volumeattachments',
]);

const WORKLOAD_SCALE: ScalePaths = {
  specReplicas: 'spec.replicas',
  statusReplicas: 'status.replicas',
  selector: 'spec.selector',
};

/** Kinds that are answered on the spot and never stored. */
export function isReview({ group }: BuiltInResource): boolean {
  return group === 'authentication.k8s.io' || group === 'authorization.k8s.io';
}

/** The definitions of everything built in that is stored. */
export function createBuiltInDefinitions(api: BuiltInApi): StoredResourceDefinition[] {
  const strategies = createStrategies();
  return api.resources
    .filter((resource) => !isReview(resource))
    .map((resource) => {
      const {
        group,
        version,
        resource: plural,
        kind,
        singular,
        namespaced,
        shortNames,
        categories,
      } = resource;
      const key = `${group}/${plural}`;
      const schema = resource.schema === undefined ? undefined : api.definitions.get(resource.schema);
      const has = (name: string): boolean => resource.subresources.some((item) => item.name === name);
      const isNewEvent = key === 'events.k8s.io/events';
      return {
        group,
        version,
        resource: plural,
        singular,
        kind,
        listKind: `${kind}List`,
        namespaced,
        ...(shortNames === undefined ? {} : { shortNames }),
        ...(categories === undefined ? {} : { categories }),
        storageResource: group === '' || isNewEvent ? plural : `${plural}.${group}`,
        dialect: 'built-in' as const,
        ...(schema === undefined ? {} : { schema }),
        strategy: {
          ...(strategies.get(key) ?? countedStrategy),
          ...(CONDITIONAL.has(key) ? { allowsUnconditionalUpdate: false } : {}),
        },
        hasStatus: has('status'),
        ...(has('scale') ? { scale: WORKLOAD_SCALE } : {}),
        columns: createBuiltInColumns(key, resource.columns),
        selectableFields: SELECTABLE.get(key) ?? [],
        ...(isNewEvent ? { fromStorage: toNewEvent, toStorage: toStoredEvent } : {}),
        ...extraSubresourcesOf(key),
      };
    });
}

function extraSubresourcesOf(key: string): Pick<StoredResourceDefinition, 'extraSubresources'> {
  switch (key) {
    case '/namespaces':
      return { extraSubresources: { finalize: { writes: ['spec'] } } };
    case '/pods':
      return {
        extraSubresources: { ephemeralcontainers: { writes: ['spec'] }, resize: { writes: ['spec'] } },
      };
    case 'certificates.k8s.io/certificatesigningrequests':
      return { extraSubresources: { approval: { writes: ['status'] } } };
    default:
      return {};
  }
}
