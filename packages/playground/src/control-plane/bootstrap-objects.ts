import type { KubeObject } from '@clusternet/kube-data';

export interface BootstrapOptions {
  readonly clientCaPem: string;
  readonly requestHeaderCaPem: string;
  readonly frontProxyName: string;
  readonly host: string;
  readonly port: number;
}

/** Group, resource and object of what a fresh control plane holds. */
export type BootstrapObject = readonly [group: string, resource: string, object: KubeObject];

/** Namespaces, priority classes: what comes before everything else. */
export function createFirstObjects(): BootstrapObject[] {
  const namespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'].map(
    (name): BootstrapObject => [
      '',
      'namespaces',
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    ],
  );
  const classes = (
    [
      ['system-cluster-critical', 2_000_000_000],
      ['system-node-critical', 2_000_001_000],
    ] as const
  ).map(([name, value]): BootstrapObject => [
    'scheduling.k8s.io',
    'priorityclasses',
    {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name },
      value,
      description: 'Used for system critical pods that must not be moved from their current node.',
    },
  ]);
  return [...namespaces, ...classes];
}

/** What depends on certificates and on where the server listens. */
export function createServingObjects(options: BootstrapOptions): BootstrapObject[] {
  const { host, port } = options;
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const metadata = { name: 'kubernetes', namespace: 'default' };
  return [
    [
      '',
      'configmaps',
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
        data: {
          'client-ca-file': options.clientCaPem,
          'requestheader-allowed-names': JSON.stringify([options.frontProxyName]),
          'requestheader-client-ca-file': options.requestHeaderCaPem,
          'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
          'requestheader-group-headers': '["X-Remote-Group"]',
          'requestheader-uid-headers': '["X-Remote-Uid"]',
          'requestheader-username-headers': '["X-Remote-User"]',
        },
      },
    ],
    [
      '',
      'services',
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { ...metadata, labels },
        spec: {
          clusterIP: '10.96.0.1',
          ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }],
        },
      },
    ],
    [
      '',
      'endpoints',
      {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
        subsets: [{ addresses: [{ ip: host }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
      },
    ],
    [
      'discovery.k8s.io',
      'endpointslices',
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: [host], conditions: { ready: true } }],
        ports: [{ name: 'https', port, protocol: 'TCP' }],
      },
    ],
  ];
}
