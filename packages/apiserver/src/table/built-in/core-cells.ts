import { numberAt, objectAt, objectsAt, textAt, textsAt } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { count, join, selector, specOf, statusOf, text } from './cell-readers.ts';
import type { CellReader, CellReaders } from './cell-readers.ts';
import { formatAge } from '../table-columns.ts';

function podStatus(pod: KubeObject): string {
  const status = statusOf(pod);
  let reason = textAt(status, 'reason') || textAt(status, 'phase');
  for (const container of objectsAt(status, 'containerStatuses')) {
    const state = objectAt(container, 'state');
    const waiting = textAt(objectAt(state, 'waiting'), 'reason');
    const terminated = objectAt(state, 'terminated');
    if (waiting !== '') reason = waiting;
    else if (terminated !== undefined && reason !== 'Running')
      reason = textAt(terminated, 'reason') || `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}`;
  }
  if (pod.metadata.deletionTimestamp !== undefined)
    return textAt(status, 'reason') === 'NodeLost' ? 'Unknown' : 'Terminating';
  return reason;
}

const POD: CellReaders = [
  [
    'Ready',
    (pod) => {
      const ready = objectsAt(statusOf(pod), 'containerStatuses').filter(
        (item) => item['ready'] === true,
      ).length;
      return `${ready}/${objectsAt(specOf(pod), 'containers').length}`;
    },
  ],
  ['Status', podStatus],
  [
    'Restarts',
    (pod) =>
      String(
        objectsAt(statusOf(pod), 'containerStatuses').reduce(
          (sum, item) => sum + (numberAt(item, 'restartCount') ?? 0),
          0,
        ),
      ),
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
  const given = objectsAt(objectAt(statusOf(service), 'loadBalancer'), 'ingress').map(
    (item) => textAt(item, 'ip') || textAt(item, 'hostname'),
  );
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
  return (node) =>
    textAt(
      objectsAt(statusOf(node), 'addresses').find((item) => item['type'] === type),
      'address',
    ) || '<none>';
}

function nodeInfo(field: string): CellReader {
  return (node) => textAt(objectAt(statusOf(node), 'nodeInfo'), field) || '<unknown>';
}

const NODE: CellReaders = [
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

function eventTime(event: KubeObject, field: 'first' | 'last'): string {
  const series = textAt(objectAt(event, 'series'), 'lastObservedTime');
  const at =
    field === 'last'
      ? series || textAt(event, 'lastTimestamp') || textAt(event, 'deprecatedLastTimestamp')
      : textAt(event, 'firstTimestamp') || textAt(event, 'deprecatedFirstTimestamp');
  return at || textAt(event, 'eventTime') || (event.metadata.creationTimestamp ?? '');
}

function eventObject(event: KubeObject): JsonObject | undefined {
  return objectAt(event, 'involvedObject') ?? objectAt(event, 'regarding');
}

const EVENT: CellReaders = [
  ['Last Seen', (event, nowMs) => formatAge(eventTime(event, 'last'), nowMs)],
  ['Type', (event) => textAt(event, 'type')],
  ['Reason', (event) => textAt(event, 'reason')],
  [
    'Object',
    (event) => `${textAt(eventObject(event), 'kind').toLowerCase()}/${textAt(eventObject(event), 'name')}`,
  ],
  ['Subobject', (event) => textAt(eventObject(event), 'fieldPath')],
  [
    'Source',
    (event) => {
      const source = objectAt(event, 'source') ?? objectAt(event, 'deprecatedSource');
      const [component, host] = [
        textAt(source, 'component') ||
          textAt(event, 'reportingComponent') ||
          textAt(event, 'reportingController'),
        textAt(source, 'host'),
      ];
      return host === '' ? component : `${component}, ${host}`;
    },
  ],
  ['Message', (event) => (textAt(event, 'message') || textAt(event, 'note')).trim()],
  ['First Seen', (event, nowMs) => formatAge(eventTime(event, 'first'), nowMs)],
  [
    'Count',
    (event) =>
      numberAt(objectAt(event, 'series'), 'count') ??
      numberAt(event, 'count') ??
      numberAt(event, 'deprecatedCount') ??
      1,
  ],
];

function endpointsText(object: KubeObject): string {
  const all = objectsAt(object, 'subsets').flatMap((subset) => {
    const ports = objectsAt(subset, 'ports');
    return objectsAt(subset, 'addresses').flatMap((address) =>
      ports.length === 0
        ? [textAt(address, 'ip')]
        : ports.map((port) => `${textAt(address, 'ip')}:${numberAt(port, 'port') ?? 0}`),
    );
  });
  return all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : join(all);
}

/** Cells of the core group and of events, by `group/resource`. */
export const CORE_CELLS: readonly (readonly [key: string, cells: CellReaders])[] = [
  [
    '/configmaps',
    [
      [
        'Data',
        (object, now) => Number(count('data')(object, now)) + Number(count('binaryData')(object, now)),
      ],
    ],
  ],
  ['/endpoints', [['Endpoints', endpointsText]]],
  ['/events', EVENT],
  ['events.k8s.io/events', EVENT],
  ['/namespaces', [['Status', text('status', 'phase')]]],
  ['/nodes', NODE],
  [
    '/persistentvolumeclaims',
    [
      [
        'Status',
        (claim) =>
          claim.metadata.deletionTimestamp === undefined ? textAt(statusOf(claim), 'phase') : 'Terminating',
      ],
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
    '/secrets',
    [
      ['Type', (secret) => textAt(secret, 'type')],
      ['Data', count('data')],
    ],
  ],
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
];
