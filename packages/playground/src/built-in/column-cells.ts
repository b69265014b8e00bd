import { createSelector, evaluateJsonPath, formatSelector } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject, LabelSelector } from '@clusternet/kube-data';
import { formatAge, formatDuration } from '@clusternet/apiserver';
import type { CellReader } from './columns.ts';
import { numberAt, objectAt, objectsAt, textAt, textsAt } from './fields.ts';

function specOf(object: KubeObject): JsonObject {
  return objectAt(object, 'spec') ?? {};
}

function statusOf(object: KubeObject): JsonObject {
  return objectAt(object, 'status') ?? {};
}

function number(part: 'spec' | 'status', field: string): CellReader {
  return (object) => numberAt(objectAt(object, part), field) ?? 0;
}

function text(part: 'spec' | 'status', field: string, fallback = '<none>'): CellReader {
  return (object) => textAt(objectAt(object, part), field) || fallback;
}

function count(field: string): CellReader {
  return (object) => Object.keys(objectAt(object, field) ?? {}).length;
}

function join(values: readonly string[]): string {
  return values.length === 0 ? '<none>' : values.join(',');
}

function templateContainers(object: KubeObject): JsonObject[] {
  return objectsAt(objectAt(objectAt(specOf(object), 'template'), 'spec'), 'containers');
}

const containerNames: CellReader = (object) => join(templateContainers(object).map((item) => textAt(item, 'name')));
const containerImages: CellReader = (object) => join(templateContainers(object).map((item) => textAt(item, 'image')));

/** A LabelSelector as `kubectl get -o wide` shows it. */
function selectorText(selector: JsonObject | undefined): string {
  if (selector === undefined) return '<none>';
  const isStructured = objectAt(selector, 'matchLabels') !== undefined || Array.isArray(selector['matchExpressions']);
  const given = isStructured ? selector : { matchLabels: selector };
  const shown = formatSelector(createSelector(given as LabelSelector)).replaceAll(/ in \(([^,)]*)\)/g, '=$1');
  return shown === '' ? '<none>' : shown;
}

const selector: CellReader = (object) => selectorText(objectAt(specOf(object), 'selector'));

const TEMPLATE_CELLS: [string, CellReader][] = [
  ['Containers', containerNames],
  ['Images', containerImages],
  ['Selector', selector],
];

function podStatus(pod: KubeObject): string {
  const status = statusOf(pod);
  let reason = textAt(status, 'reason') || textAt(status, 'phase');
  for (const container of objectsAt(status, 'containerStatuses')) {
    const state = objectAt(container, 'state');
    const waiting = textAt(objectAt(state, 'waiting'), 'reason');
    const terminated = objectAt(state, 'terminated');
    if (waiting !== '') reason = waiting;
    else if (terminated !== undefined && reason !== 'Running') reason = textAt(terminated, 'reason') || `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}`;
  }
  if (pod.metadata.deletionTimestamp !== undefined) return textAt(status, 'reason') === 'NodeLost' ? 'Unknown' : 'Terminating';
  return reason;
}

const POD: [string, CellReader][] = [
  [
    'Ready',
    (pod) => {
      const ready = objectsAt(statusOf(pod), 'containerStatuses').filter((item) => item['ready'] === true).length;
      return `${ready}/${objectsAt(specOf(pod), 'containers').length}`;
    },
  ],
  ['Status', podStatus],
  [
    'Restarts',
    (pod) => String(objectsAt(statusOf(pod), 'containerStatuses').reduce((sum, item) => sum + (numberAt(item, 'restartCount') ?? 0), 0)),
  ],
  ['IP', text('status', 'podIP')],
  ['Node', text('spec', 'nodeName')],
  ['Nominated Node', text('status', 'nominatedNodeName')],
];

function servicePorts(service: KubeObject): string {
  return join(
    objectsAt(specOf(service), 'ports').map((port) => {
      const nodePort = numberAt(port, 'nodePort') ?? 0;
      return `${numberAt(port, 'port') ?? 0}${nodePort > 0 ? `:${nodePort}` : ''}/${textAt(port, 'protocol')}`;
    }),
  );
}

function externalIps(service: KubeObject): string {
  const spec = specOf(service);
  const own = textsAt(spec, 'externalIPs');
  const given = objectsAt(objectAt(statusOf(service), 'loadBalancer'), 'ingress').map((item) => textAt(item, 'ip') || textAt(item, 'hostname'));
  switch (textAt(spec, 'type')) {
    case 'ExternalName':
      return textAt(spec, 'externalName');
    case 'LoadBalancer':
      return given.length + own.length === 0 ? '<pending>' : join([...given, ...own]);
    default:
      return join(own);
  }
}

function nodeStatus(node: KubeObject): string {
  const ready = objectsAt(statusOf(node), 'conditions').find((item) => item['type'] === 'Ready');
  const status = ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return specOf(node)['unschedulable'] === true ? `${status},SchedulingDisabled` : status;
}

function nodeAddress(type: string): CellReader {
  return (node) => textAt(objectsAt(statusOf(node), 'addresses').find((item) => item['type'] === type), 'address') || '<none>';
}

function nodeInfo(field: string): CellReader {
  return (node) => textAt(objectAt(statusOf(node), 'nodeInfo'), field) || '<unknown>';
}

const NODE: [string, CellReader][] = [
  ['Status', nodeStatus],
  [
    'Roles',
    (node) =>
      join(
        Object.keys(node.metadata.labels ?? {})
          .filter((key) => key.startsWith('node-role.kubernetes.io/'))
          .map((key) => key.slice('node-role.kubernetes.io/'.length)),
      ),
  ],
  ['Version', (node) => textAt(objectAt(statusOf(node), 'nodeInfo'), 'kubeletVersion')],
  ['Internal-IP', nodeAddress('InternalIP')],
  ['External-IP', nodeAddress('ExternalIP')],
  ['OS-Image', nodeInfo('osImage')],
  ['Kernel-Version', nodeInfo('kernelVersion')],
  ['Container-Runtime', nodeInfo('containerRuntimeVersion')],
];

function subjects(kind: string): CellReader {
  return (binding) =>
    objectsAt(binding, 'subjects')
      .filter((subject) => subject['kind'] === kind)
      .map((subject) => (kind === 'ServiceAccount' ? `${textAt(subject, 'namespace')}/${textAt(subject, 'name')}` : textAt(subject, 'name')))
      .join(', ');
}

const BINDING: [string, CellReader][] = [
  ['Role', (binding) => `${textAt(objectAt(binding, 'roleRef'), 'kind')}/${textAt(objectAt(binding, 'roleRef'), 'name')}`],
  ['Users', subjects('User')],
  ['Groups', subjects('Group')],
  ['ServiceAccounts', subjects('ServiceAccount')],
];

function eventTime(event: KubeObject, field: 'first' | 'last'): string {
  const series = textAt(objectAt(event, 'series'), 'lastObservedTime');
  const at = field === 'last'
    ? series || textAt(event, 'lastTimestamp') || textAt(event, 'deprecatedLastTimestamp')
    : textAt(event, 'firstTimestamp') || textAt(event, 'deprecatedFirstTimestamp');
  return at || textAt(event, 'eventTime') || (event.metadata.creationTimestamp ?? '');
}

function eventObject(event: KubeObject): JsonObject | undefined {
  return objectAt(event, 'involvedObject') ?? objectAt(event, 'regarding');
}

const EVENT: [string, CellReader][] = [
  ['Last Seen', (event, nowMs) => formatAge(eventTime(event, 'last'), nowMs)],
  ['Type', (event) => textAt(event, 'type')],
  ['Reason', (event) => textAt(event, 'reason')],
  ['Object', (event) => `${textAt(eventObject(event), 'kind').toLowerCase()}/${textAt(eventObject(event), 'name')}`],
  ['Subobject', (event) => textAt(eventObject(event), 'fieldPath')],
  [
    'Source',
    (event) => {
      const source = objectAt(event, 'source') ?? objectAt(event, 'deprecatedSource');
      const [component, host] = [textAt(source, 'component') || textAt(event, 'reportingComponent') || textAt(event, 'reportingController'), textAt(source, 'host')];
      return host === '' ? component : `${component}, ${host}`;
    },
  ],
  ['Message', (event) => (textAt(event, 'message') || textAt(event, 'note')).trim()],
  ['First Seen', (event, nowMs) => formatAge(eventTime(event, 'first'), nowMs)],
  ['Count', (event) => numberAt(objectAt(event, 'series'), 'count') ?? numberAt(event, 'count') ?? numberAt(event, 'deprecatedCount') ?? 1],
];

const JOB: [string, CellReader][] = [
  ['Status', jobStatus],
  ['Completions', (job) => `${numberAt(statusOf(job), 'succeeded') ?? 0}/${numberAt(specOf(job), 'completions') ?? 1}`],
  [
    'Duration',
    (job, nowMs) => {
      const [start, end] = [textAt(statusOf(job), 'startTime'), textAt(statusOf(job), 'completionTime')];
      if (start === '') return '';
      return formatDuration((end === '' ? nowMs : Date.parse(end)) - Date.parse(start));
    },
  ],
  ...TEMPLATE_CELLS,
];

function jobStatus(job: KubeObject): string {
  const isTrue = (type: string): boolean => objectsAt(statusOf(job), 'conditions').some((item) => item['type'] === type && item['status'] === 'True');
  if (isTrue('Complete')) return 'Complete';
  if (isTrue('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (isTrue('Suspended')) return 'Suspended';
  return isTrue('FailureTarget') ? 'FailureTarget' : isTrue('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function firstOf(object: KubeObject, path: string): JsonValue {
  return evaluateJsonPath(object, path)[0] ?? '<none>';
}

function endpointsText(object: KubeObject): string {
  const all = objectsAt(object, 'subsets').flatMap((subset) => {
    const ports = objectsAt(subset, 'ports');
    return objectsAt(subset, 'addresses').flatMap((address) =>
      ports.length === 0 ? [textAt(address, 'ip')] : ports.map((port) => `${textAt(address, 'ip')}:${numberAt(port, 'port') ?? 0}`),
    );
  });
  return all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : join(all);
}

/** Readers of cells by `group/resource` and column. Name and age need none. */
export const CELLS: ReadonlyMap<string, ReadonlyMap<string, CellReader>> = new Map(
  (
    [
      ['/configmaps', [['Data', (object, now) => Number(count('data')(object, now)) + Number(count('binaryData')(object, now))]]],
      ['/endpoints', [['Endpoints', endpointsText]]],
      ['/events', EVENT],
      ['events.k8s.io/events', EVENT],
      ['/namespaces', [['Status', text('status', 'phase')]]],
      ['/nodes', NODE],
      [
        '/persistentvolumeclaims',
        [
          ['Status', (claim) => (claim.metadata.deletionTimestamp === undefined ? textAt(statusOf(claim), 'phase') : 'Terminating')],
          ['Volume', text('spec', 'volumeName', '')],
          ['Capacity', (claim) => textAt(objectAt(statusOf(claim), 'capacity'), 'storage')],
          ['Access Modes', (claim) => textsAt(statusOf(claim), 'accessModes').join(',')],
          ['StorageClass', text('spec', 'storageClassName', '')],
          ['VolumeAttributesClass', () => '<unset>'],
          ['VolumeMode', text('spec', 'volumeMode')],
        ],
      ],
      [
        '/persistentvolumes',
        [
          ['Capacity', (volume) => textAt(objectAt(specOf(volume), 'capacity'), 'storage')],
          ['Access Modes', (volume) => textsAt(specOf(volume), 'accessModes').join(',')],
          ['Reclaim Policy', text('spec', 'persistentVolumeReclaimPolicy')],
          ['Status', text('status', 'phase')],
          [
            'Claim',
            (volume) => {
              const claim = objectAt(specOf(volume), 'claimRef');
              return claim === undefined ? '' : `${textAt(claim, 'namespace')}/${textAt(claim, 'name')}`;
            },
          ],
          ['StorageClass', text('spec', 'storageClassName', '')],
          ['VolumeAttributesClass', () => '<unset>'],
          ['Reason', text('status', 'reason', '')],
          ['VolumeMode', text('spec', 'volumeMode')],
        ],
      ],
      ['/pods', POD],
      [
        '/replicationcontrollers',
        [['Desired', number('spec', 'replicas')], ['Current', number('status', 'replicas')], ['Ready', number('status', 'readyReplicas')], ...TEMPLATE_CELLS],
      ],
      ['/secrets', [['Type', (secret) => textAt(secret, 'type')], ['Data', count('data')]]],
      [
        '/services',
        [
          ['Type', text('spec', 'type')],
          ['Cluster-IP', text('spec', 'clusterIP')],
          ['External-IP', externalIps],
          ['Port(s)', servicePorts],
          ['Selector', selector],
        ],
      ],
      [
        'apiregistration.k8s.io/apiservices',
        [
          [
            'Service',
            (object) => {
              const service = objectAt(specOf(object), 'service');
              return service === undefined ? 'Local' : `${textAt(service, 'namespace')}/${textAt(service, 'name')}`;
            },
          ],
          [
            'Available',
            (object) => {
              const condition = objectsAt(statusOf(object), 'conditions').find((item) => item['type'] === 'Available');
              if (condition === undefined) return 'Unknown';
              return condition['status'] === 'True' ? 'True' : `${textAt(condition, 'status')} (${textAt(condition, 'reason')})`;
            },
          ],
        ],
      ],
      [
        'apps/controllerrevisions',
        [
          [
            'Controller',
            (object) => {
              const owner = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
              if (owner === undefined) return '<none>';
              const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0] ?? ''}` : '';
              return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
            },
          ],
          ['Revision', (object) => numberAt(object, 'revision') ?? 0],
        ],
      ],
      [
        'apps/daemonsets',
        [
          ['Desired', number('status', 'desiredNumberScheduled')],
          ['Current', number('status', 'currentNumberScheduled')],
          ['Ready', number('status', 'numberReady')],
          ['Up-to-date', number('status', 'updatedNumberScheduled')],
          ['Available', number('status', 'numberAvailable')],
          ['Node Selector', (object) => selectorText(objectAt(objectAt(objectAt(specOf(object), 'template'), 'spec'), 'nodeSelector'))],
          ...TEMPLATE_CELLS,
        ],
      ],
      [
        'apps/deployments',
        [
          ['Ready', (object, now) => `${String(number('status', 'readyReplicas')(object, now))}/${String(number('spec', 'replicas')(object, now))}`],
          ['Up-to-date', number('status', 'updatedReplicas')],
          ['Available', number('status', 'availableReplicas')],
          ...TEMPLATE_CELLS,
        ],
      ],
      [
        'apps/replicasets',
        [['Desired', number('spec', 'replicas')], ['Current', number('status', 'replicas')], ['Ready', number('status', 'readyReplicas')], ...TEMPLATE_CELLS],
      ],
      [
        'apps/statefulsets',
        [
          ['Ready', (object, now) => `${String(number('status', 'readyReplicas')(object, now))}/${String(number('spec', 'replicas')(object, now))}`],
          ...TEMPLATE_CELLS,
        ],
      ],
      [
        'autoscaling/horizontalpodautoscalers',
        [
          ['Reference', (object) => `${textAt(objectAt(specOf(object), 'scaleTargetRef'), 'kind')}/${textAt(objectAt(specOf(object), 'scaleTargetRef'), 'name')}`],
          ['Targets', () => '<unknown>'],
          ['MinPods', number('spec', 'minReplicas')],
          ['MaxPods', number('spec', 'maxReplicas')],
          ['Replicas', number('status', 'currentReplicas')],
        ],
      ],
      [
        'batch/cronjobs',
        [
          ['Schedule', text('spec', 'schedule')],
          ['Timezone', text('spec', 'timeZone')],
          ['Suspend', (object) => (specOf(object)['suspend'] === true ? 'True' : 'False')],
          ['Active', (object) => objectsAt(statusOf(object), 'active').length],
          ['Last Schedule', (object, now) => (textAt(statusOf(object), 'lastScheduleTime') === '' ? '<none>' : formatAge(textAt(statusOf(object), 'lastScheduleTime'), now))],
        ],
      ],
      ['batch/jobs', JOB],
      [
        'certificates.k8s.io/certificatesigningrequests',
        [
          ['SignerName', text('spec', 'signerName')],
          ['Requestor', text('spec', 'username')],
          ['Condition', (object) => objectsAt(statusOf(object), 'conditions').map((item) => textAt(item, 'type')).join(',') || 'Pending'],
        ],
      ],
      ['coordination.k8s.io/leases', [['Holder', text('spec', 'holderIdentity', '')]]],
      [
        'discovery.k8s.io/endpointslices',
        [
          ['AddressType', (object) => textAt(object, 'addressType')],
          ['Ports', (object) => (objectsAt(object, 'ports').map((port) => String(numberAt(port, 'port') ?? '')).join(',') || '<unset>')],
          ['Endpoints', (object) => (objectsAt(object, 'endpoints').flatMap((item) => textsAt(item, 'addresses')).join(',') || '<unset>')],
        ],
      ],
      ['networking.k8s.io/ingressclasses', [['Controller', text('spec', 'controller')]]],
      [
        'networking.k8s.io/ingresses',
        [
          ['Class', text('spec', 'ingressClassName')],
          ['Hosts', (object) => (objectsAt(specOf(object), 'rules').map((rule) => textAt(rule, 'host')).filter((host) => host !== '').join(',') || '*')],
          ['Address', (object) => objectsAt(objectAt(statusOf(object), 'loadBalancer'), 'ingress').map((item) => textAt(item, 'ip') || textAt(item, 'hostname')).join(',')],
          ['Ports', (object) => (objectsAt(specOf(object), 'tls').length > 0 ? '80, 443' : '80')],
        ],
      ],
      ['networking.k8s.io/networkpolicies', [['Pod-Selector', (object) => selectorText(objectAt(specOf(object), 'podSelector'))]]],
      [
        'policy/poddisruptionbudgets',
        [
          ['Min Available', (object) => String(specOf(object)['minAvailable'] ?? 'N/A')],
          ['Max Unavailable', (object) => String(specOf(object)['maxUnavailable'] ?? 'N/A')],
          ['Allowed Disruptions', number('status', 'disruptionsAllowed')],
        ],
      ],
      ['rbac.authorization.k8s.io/clusterrolebindings', BINDING],
      ['rbac.authorization.k8s.io/rolebindings', BINDING],
      [
        'scheduling.k8s.io/priorityclasses',
        [
          ['Value', (object) => numberAt(object, 'value') ?? 0],
          ['Global-Default', (object) => object['globalDefault'] === true],
          ['PreemptionPolicy', (object) => textAt(object, 'preemptionPolicy')],
        ],
      ],
      [
        'storage.k8s.io/storageclasses',
        [
          ['Provisioner', (object) => textAt(object, 'provisioner')],
          ['ReclaimPolicy', (object) => textAt(object, 'reclaimPolicy')],
          ['VolumeBindingMode', (object) => textAt(object, 'volumeBindingMode')],
          ['AllowVolumeExpansion', (object) => object['allowVolumeExpansion'] === true],
        ],
      ],
      ['admissionregistration.k8s.io/mutatingwebhookconfigurations', [['Webhooks', (object) => objectsAt(object, 'webhooks').length]]],
      ['admissionregistration.k8s.io/validatingwebhookconfigurations', [['Webhooks', (object) => objectsAt(object, 'webhooks').length]]],
      ['apiextensions.k8s.io/customresourcedefinitions', [['Created At', (object) => firstOf(object, '.metadata.creationTimestamp')]]],
    ] as [string, [string, CellReader][]][]
  ).map(([key, cells]) => [key, new Map(cells)]),
);
