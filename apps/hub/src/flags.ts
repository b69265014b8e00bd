import { createSharedFlags } from '@clusternet/host';
import type { FlagDefinition, FlagTable } from '@clusternet/host';

const ignored: FlagDefinition = { kind: 'string', default: '', help: '', isIgnored: true };
/** Go programs take these without a value, which must not swallow the next word. */
const ignoredSwitch: FlagDefinition = { ...ignored, kind: 'boolean' };

/** Flags of the Go hub, controller manager and scheduler, and ours. */
export function createHubFlags(binary: string): FlagTable {
  return {
    roles: {
      kind: 'list',
      default: 'all',
      help: 'What this process does: all, or a list of apiserver, controllers, scheduler.',
    },
    'bind-address': { kind: 'string', default: '0.0.0.0', help: 'Address of the aggregated API.' },
    'secure-port': {
      kind: 'integer',
      default: '443',
      help: 'Port of the aggregated API; 0 picks a free one.',
    },
    'tls-cert-file': {
      kind: 'string',
      default: '',
      help: 'PEM serving certificate. Absent: one of our own making, in Secret clusternet-hub-serving; kube-apiserver is told its authority.',
    },
    'tls-private-key-file': { kind: 'string', default: '', help: 'PEM key of the serving certificate.' },
    'hub-address': {
      kind: 'string',
      default: '',
      help: 'https://host[:port] at which agents reach hubs directly, for tunnels that hold no seats of kube-apiserver. Agents are told, and fall back.',
    },
    'hub-address-ca-file': {
      kind: 'string',
      default: '',
      help: 'PEM CA of what serves at --hub-address. Absent: that of the certificate that hubs make; with --tls-cert-file that of the system.',
    },
    'peer-port': {
      kind: 'integer',
      default: '8123',
      help: 'Port on which other hubs dial this one; 0 picks a free one. Without --leader-elect there are no other hubs.',
    },
    'peer-advertise-address': {
      kind: 'string',
      default: '',
      help: 'Name or address at which other hubs reach this one. Absent: --bind-address, if that is one, else the first address of this machine.',
    },
    'shutdown-delay-duration': {
      kind: 'duration',
      default: '5s',
      help: 'How long a hub that was told to stop goes on serving where there are other hubs, so that agents and callers find those.',
    },
    'tunnel-end-to-end': {
      kind: 'boolean',
      default: 'false',
      help: 'Speak TLS to the API servers of clusters here, through agents that relay it. Costs a TLS connection for each credential.',
    },
    'reserved-namespace': {
      kind: 'string',
      default: 'clusternet-reserved',
      help: 'Namespace in which Manifests are kept.',
    },
    'agent-credential-lifetime': {
      kind: 'duration',
      default: '24h',
      help: 'How long the credential of an agent lasts; it is renewed in time.',
    },
    approval: {
      kind: 'string',
      default: 'auto',
      choices: ['auto', 'manual'],
      help: 'Who decides on clusters that ask to join: auto approves each that is well formed, manual waits for an operator.',
    },
    'cluster-api-kubeconfig': {
      kind: 'string',
      default: '',
      help: 'Kubeconfig of a management cluster of Cluster API: the clusters that are made there join the fleet, and leave it when they are deleted.',
    },
    'max-unseen-clusters': {
      kind: 'integer',
      default: '1000',
      min: 1,
      help: 'With so many clusters that never reported, further ones wait: a stranger cannot fill the parent.',
    },
    'health-address': {
      kind: 'string',
      default: '127.0.0.1',
      help: 'Address of the health and metrics port.',
    },
    'health-port': {
      kind: 'integer',
      default: '10660',
      help: 'Port for health and metrics; 0 picks a free one, -1 none.',
    },
    controllers: ignored,
    threadiness: ignored,
    'anonymous-auth-supported': ignoredSwitch,
    config: ignored,
    'peer-token': { ...ignored, isSecret: true },
    'enable-tunnel-logging': ignoredSwitch,
    'authentication-kubeconfig': ignored,
    'authentication-skip-lookup': ignoredSwitch,
    'authentication-token-webhook-cache-ttl': ignored,
    'authentication-tolerate-lookup-failure': ignoredSwitch,
    'authorization-kubeconfig': ignored,
    'authorization-always-allow-paths': ignored,
    'authorization-webhook-cache-authorized-ttl': ignored,
    'authorization-webhook-cache-unauthorized-ttl': ignored,
    'client-ca-file': ignored,
    'requestheader-allowed-names': ignored,
    'requestheader-client-ca-file': ignored,
    'requestheader-username-headers': ignored,
    'requestheader-uid-headers': ignored,
    'requestheader-group-headers': ignored,
    'requestheader-extra-headers-prefix': ignored,
    'audit-log-path': ignored,
    'audit-log-maxage': ignored,
    'audit-log-maxbackup': ignored,
    'audit-log-maxsize': ignored,
    'audit-log-format': ignored,
    'audit-log-version': ignored,
    'audit-log-compress': ignoredSwitch,
    'debug-socket-path': ignored,
    'enable-priority-and-fairness': ignoredSwitch,
    ...createSharedFlags(binary),
  };
}
