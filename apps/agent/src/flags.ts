import { createSharedFlags } from '@clusternet/host';
import type { FlagTable } from '@clusternet/host';

/** The agent's flags: those of the Go agent with their defaults, and ours. */
export const agentFlags: FlagTable = {
  'cluster-reg-parent-url': {
    kind: 'string',
    default: '',
    help: 'URL of the parent API server, such as https://10.0.0.1:6443.',
    isRequired: true,
  },
  'cluster-reg-token': {
    kind: 'string',
    default: '',
    help: 'Bootstrap token or service-account token to register with. Prefer --cluster-reg-token-file.',
    isSecret: true,
  },
  'cluster-reg-token-file': { kind: 'string', default: '', help: 'File that holds the registration token.' },
  'cluster-reg-parent-ca-file': {
    kind: 'string',
    default: '',
    help: 'PEM file with the CA of the parent. Absent: PARENT_CA of the environment, the CA hash, a CA that the bootstrap token signed, else the CAs of the system.',
  },
  'cluster-reg-parent-ca-hash': {
    kind: 'string',
    default: '',
    help: 'sha256:<hex> of the public key of the CA that the parent publishes in kube-public/cluster-info.',
  },
  'cluster-reg-insecure': {
    kind: 'boolean',
    default: 'false',
    help: 'Trust any parent at first contact. Whoever answers gets the registration token.',
  },
  'cluster-reg-name': { kind: 'string', default: '', help: 'Name of this cluster, at most 30 characters.' },
  'cluster-reg-name-prefix': {
    kind: 'string',
    default: 'clusternet-cluster',
    help: 'Prefix of a generated name.',
  },
  'cluster-reg-namespace': {
    kind: 'string',
    default: '',
    help: 'Name of the dedicated namespace in the parent.',
  },
  'cluster-reg-type': {
    kind: 'string',
    default: 'StandardCluster',
    help: 'Type of this cluster.',
    choices: ['StandardCluster', 'EdgeCluster', ''],
  },
  'cluster-sync-mode': {
    kind: 'string',
    default: 'Pull',
    help: 'Who applies resources to this cluster.',
    choices: ['Pull', 'Push', 'Dual'],
  },
  'cluster-labels': { kind: 'map', default: '', help: 'Labels of this cluster, as key=value pairs.' },
  'labels-aggregate-threshold': {
    kind: 'number',
    default: '0.8',
    help: 'Share of the worker nodes that must agree on a label.',
  },
  'labels-aggregate-prefix': {
    kind: 'list',
    default: 'node.clusternet.io/',
    help: 'Prefixes of the node labels that become labels of the cluster.',
  },
  'cluster-status-update-frequency': {
    kind: 'duration',
    default: '3m',
    help: 'How often to report when nothing changed.',
  },
  'cluster-status-collect-frequency': {
    kind: 'duration',
    default: '20s',
    help: 'How often to look for changes.',
  },
  'use-metrics-server': {
    kind: 'boolean',
    default: 'false',
    help: 'Report pods and used resources, as the metrics server of this cluster knows them.',
  },
  'tunnel-allow': {
    kind: 'list',
    default: '',
    help: 'Addresses (host:port) that the parent may reach through the tunnel beside the API server.',
  },
  'tunnel-end-to-end': {
    kind: 'boolean',
    default: 'false',
    help: 'Relay TLS between the parent and the API server, and perform no request here.',
  },
  'health-address': { kind: 'string', default: '127.0.0.1', help: 'Address of the health and metrics port.' },
  'secure-port': {
    kind: 'integer',
    default: '10650',
    help: 'Port for health and metrics; 0 picks a free one, -1 none.',
  },
  'predictor-addr': {
    kind: 'string',
    default: '',
    help: 'URL of a predictor of this cluster, which says how many replicas fit. It is reported to the parent with the feature gate Predictor.',
  },
  'predictor-direct-access': {
    kind: 'boolean',
    default: 'false',
    help: 'Whether the scheduler asks the predictor itself, not through the tunnel.',
  },
  'predictor-port': { kind: 'integer', default: '8080', help: '', isIgnored: true },
  'enable-tunnel-logging': { kind: 'boolean', default: 'false', help: '', isIgnored: true },
  'bind-address': { kind: 'string', default: '', help: '', isIgnored: true },
  'tls-cert-file': { kind: 'string', default: '', help: '', isIgnored: true },
  'tls-private-key-file': { kind: 'string', default: '', help: '', isIgnored: true },
  ...createSharedFlags('clusternet-agent'),
};
