import { numberAt, objectAt, objectsAt, textAt, textsAt } from '@clusternet/kube-data';
import { number, selectorText, showScalar, specOf, statusOf, text } from './cell-readers.ts';
import type { CellReader, CellReaders } from './cell-readers.ts';

function subjects(kind: string): CellReader {
  return (binding) =>
    objectsAt(binding, 'subjects')
      .filter((subject) => subject['kind'] === kind)
      .map((subject) =>
        kind === 'ServiceAccount'
          ? `${textAt(subject, 'namespace')}/${textAt(subject, 'name')}`
          : textAt(subject, 'name'),
      )
      .join(', ');
}

const BINDING: CellReaders = [
  [
    'Role',
    (binding) =>
      `${textAt(objectAt(binding, 'roleRef'), 'kind')}/${textAt(objectAt(binding, 'roleRef'), 'name')}`,
  ],
  ['Users', subjects('User')],
  ['Groups', subjects('Group')],
  ['ServiceAccounts', subjects('ServiceAccount')],
];

/** Cells of everything else, by `group/resource`. */
export const OTHER_CELLS: readonly (readonly [key: string, cells: CellReaders])[] = [
  [
    'apiregistration.k8s.io/apiservices',
    [
      [
        'Service',
        (object) => {
          const service = objectAt(specOf(object), 'service');
          return service === undefined
            ? 'Local'
            : `${textAt(service, 'namespace')}/${textAt(service, 'name')}`;
        },
      ],
      [
        'Available',
        (object) => {
          const condition = objectsAt(statusOf(object), 'conditions').find(
            (item) => item['type'] === 'Available',
          );
          if (condition === undefined) return 'Unknown';
          return condition['status'] === 'True'
            ? 'True'
            : `${textAt(condition, 'status')} (${textAt(condition, 'reason')})`;
        },
      ],
    ],
  ],
  [
    'certificates.k8s.io/certificatesigningrequests',
    [
      ['SignerName', text('spec', 'signerName')],
      ['Requestor', text('spec', 'username')],
      [
        'Condition',
        (object) =>
          objectsAt(statusOf(object), 'conditions')
            .map((item) => textAt(item, 'type'))
            .join(',') || 'Pending',
      ],
    ],
  ],
  ['coordination.k8s.io/leases', [['Holder', text('spec', 'holderIdentity', '')]]],
  [
    'discovery.k8s.io/endpointslices',
    [
      ['AddressType', (object) => textAt(object, 'addressType')],
      [
        'Ports',
        (object) =>
          objectsAt(object, 'ports')
            .map((port) => String(numberAt(port, 'port') ?? ''))
            .join(',') || '<unset>',
      ],
      [
        'Endpoints',
        (object) =>
          objectsAt(object, 'endpoints')
            .flatMap((item) => textsAt(item, 'addresses'))
            .join(',') || '<unset>',
      ],
    ],
  ],
  ['networking.k8s.io/ingressclasses', [['Controller', text('spec', 'controller')]]],
  [
    'networking.k8s.io/ingresses',
    [
      ['Class', text('spec', 'ingressClassName')],
      [
        'Hosts',
        (object) =>
          objectsAt(specOf(object), 'rules')
            .map((rule) => textAt(rule, 'host'))
            .filter((host) => host !== '')
            .join(',') || '*',
      ],
      [
        'Address',
        (object) =>
          objectsAt(objectAt(statusOf(object), 'loadBalancer'), 'ingress')
            .map((item) => textAt(item, 'ip') || textAt(item, 'hostname'))
            .join(','),
      ],
      ['Ports', (object) => (objectsAt(specOf(object), 'tls').length > 0 ? '80, 443' : '80')],
    ],
  ],
  [
    'networking.k8s.io/networkpolicies',
    [['Pod-Selector', (object) => selectorText(objectAt(specOf(object), 'podSelector'))]],
  ],
  [
    'policy/poddisruptionbudgets',
    [
      ['Min Available', (object) => showScalar(specOf(object)['minAvailable'], 'N/A')],
      ['Max Unavailable', (object) => showScalar(specOf(object)['maxUnavailable'], 'N/A')],
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
  [
    'admissionregistration.k8s.io/mutatingwebhookconfigurations',
    [['Webhooks', (object) => objectsAt(object, 'webhooks').length]],
  ],
  [
    'admissionregistration.k8s.io/validatingwebhookconfigurations',
    [['Webhooks', (object) => objectsAt(object, 'webhooks').length]],
  ],
  [
    'apiextensions.k8s.io/customresourcedefinitions',
    [['Created At', (object) => object.metadata.creationTimestamp ?? null]],
  ],
];
