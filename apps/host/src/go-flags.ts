import type { FlagDefinition, FlagTable } from './flags.ts';

function ignored(kind: FlagDefinition['kind'] = 'string'): FlagDefinition {
  return { kind, default: '', help: '', isIgnored: true };
}

/** Flags that every Clusternet binary takes, with their Go names and defaults. */
export function createSharedFlags(binary: string): FlagTable {
  return {
    kubeconfig: {
      kind: 'string',
      default: '',
      help: 'Path of a kubeconfig; empty means the service account of the pod.',
    },
    'kube-api-qps': {
      kind: 'number',
      default: '50',
      min: 0,
      help: 'Client rate, requests per second and server; 0 means no limit.',
    },
    'kube-api-burst': { kind: 'integer', default: '100', min: 0, help: 'Client burst, requests.' },
    'feature-gates': { kind: 'map', default: '', help: 'Feature gates, as Name=true|false pairs.' },
    'leader-elect': {
      kind: 'boolean',
      default: 'true',
      help: 'Compete for a Lease, so that one of several replicas works.',
    },
    'leader-elect-lease-duration': {
      kind: 'duration',
      default: '15s',
      help: 'How long others wait after the last renewal.',
    },
    'leader-elect-renew-deadline': {
      kind: 'duration',
      default: '10s',
      help: 'How long a leader may fail to renew.',
    },
    'leader-elect-retry-period': { kind: 'duration', default: '2s', help: 'How long to wait between tries.' },
    'leader-elect-resource-name': { kind: 'string', default: binary, help: 'Name of the Lease.' },
    'leader-elect-resource-namespace': {
      kind: 'string',
      default: 'clusternet-system',
      help: 'Namespace of the Lease, and of the Secrets and service accounts of Clusternet.',
    },
    'leader-elect-resource-lock': ignored(),
    v: { kind: 'integer', default: '2', help: 'Log verbosity: 0 warnings, 2 what changed, 4 details.' },
    vmodule: ignored(),
    'logging-format': ignored(),
    'log-flush-frequency': ignored(),
    'log-text-split-stream': ignored('boolean'),
    'log-text-info-buffer-size': ignored(),
    'log-json-split-stream': ignored('boolean'),
    'log-json-info-buffer-size': ignored(),
    'cert-dir': ignored(),
    'tls-cipher-suites': ignored('list'),
    'tls-min-version': ignored(),
    'tls-sni-cert-key': ignored(),
    'disable-http2-serving': ignored('boolean'),
    'http2-max-streams-per-connection': ignored(),
    'permit-port-sharing': ignored('boolean'),
    'permit-address-sharing': ignored('boolean'),
    'show-hidden-metrics-for-version': ignored(),
    'disabled-metrics': ignored('list'),
    'allow-metric-labels': ignored('list'),
    'allow-metric-labels-manifest': ignored(),
    profiling: ignored('boolean'),
    'contention-profiling': ignored('boolean'),
  };
}
