import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { AgentOptions } from '@clusternet/agent';
import type { ClusterSyncMode } from '@clusternet/api-types';
import { createFlagReader, parseFeatureGates } from '@clusternet/host';
import type { ParsedFlags } from '@clusternet/host';
import { systemRandom } from '@clusternet/runtime';

export interface AgentConfig {
  readonly options: AgentOptions;
  readonly kubeconfig: string;
  readonly verbosity: number;
  /** Undefined: no health server. */
  readonly health: { readonly host: string; readonly port: number } | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const BOOTSTRAP_TOKEN = /^[a-z0-9]{6}\.[a-z0-9]{16}$/;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const CLUSTER_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const CA_HASH = /^sha256:[0-9a-f]{64}$/;

/** Turns flags and environment into one configuration, reporting every mistake together. */
export function configureAgent(
  flags: ParsedFlags,
  env: Readonly<Record<string, string | undefined>>,
  version: string,
): { readonly config: AgentConfig | undefined; readonly errors: readonly string[] } {
  const read = createFlagReader(flags);
  const { gates, errors: gateErrors } = parseFeatureGates(read.map('feature-gates'));
  const errors = [...gateErrors];
  const fileOf = (flag: string): string | undefined => {
    const path = read.text(flag);
    if (path === '') return undefined;
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      errors.push(
        `--${flag}: ${path} cannot be read (${error instanceof Error ? error.message : String(error)})`,
      );
      return undefined;
    }
  };
  const parentUrl = read.text('cluster-reg-parent-url').trim();
  if (!URL.canParse(parentUrl) || !/^https:/.test(parentUrl)) {
    errors.push(`--cluster-reg-parent-url takes an https URL, not "${parentUrl}"`);
  }
  const registrationToken = (fileOf('cluster-reg-token-file') ?? read.text('cluster-reg-token')).trim();
  if (registrationToken === '')
    errors.push('--cluster-reg-token-file (or --cluster-reg-token) is required: the token to register with');
  else if (!BOOTSTRAP_TOKEN.test(registrationToken) && !JWT.test(registrationToken)) {
    errors.push(
      '--cluster-reg-token is neither a bootstrap token (abcdef.0123456789abcdef) nor a service-account token',
    );
  }
  const clusterName = read.text('cluster-reg-name').trim();
  if (clusterName !== '' && (!CLUSTER_NAME.test(clusterName) || clusterName.length > 30)) {
    errors.push(`--cluster-reg-name takes a DNS label of at most 30 characters, not "${clusterName}"`);
  }
  const clusterNamePrefix = read.text('cluster-reg-name-prefix').trim();
  if (!CLUSTER_NAME.test(clusterNamePrefix) || clusterNamePrefix.length > 24) {
    errors.push(
      `--cluster-reg-name-prefix takes a DNS label of at most 24 characters, not "${clusterNamePrefix}"`,
    );
  }
  const clusterNamespace = read.text('cluster-reg-namespace').trim();
  if (clusterNamespace !== '' && (!CLUSTER_NAME.test(clusterNamespace) || clusterNamespace.length > 63)) {
    errors.push(`--cluster-reg-namespace takes a DNS label, not "${clusterNamespace}"`);
  }
  const caHash = read.text('cluster-reg-parent-ca-hash');
  if (caHash !== '' && !CA_HASH.test(caHash)) {
    errors.push(`--cluster-reg-parent-ca-hash takes sha256: and 64 hex digits, not "${caHash}"`);
  }
  const threshold = read.number('labels-aggregate-threshold');
  if (threshold < 0 || threshold > 1)
    errors.push(`--labels-aggregate-threshold takes 0 to 1, not ${threshold}`);
  const syncMode = read.text('cluster-sync-mode') as ClusterSyncMode; // one of the choices
  if (syncMode === 'Push' && !gates.isEnabled('AppPusher')) {
    errors.push(
      '--cluster-sync-mode=Push needs --feature-gates=AppPusher=true, or nobody would deploy to this cluster',
    );
  }
  const parentCaPem = fileOf('cluster-reg-parent-ca-file');
  if (errors.length > 0) return { config: undefined, errors };
  const port = read.number('secure-port');
  return {
    errors,
    config: {
      env,
      kubeconfig: read.text('kubeconfig'),
      verbosity: read.number('v'),
      health: port < 0 ? undefined : { host: read.text('health-address'), port },
      options: {
        parentUrl,
        registrationToken,
        parentCaPem,
        parentCaHash: caHash === '' ? undefined : caHash,
        isInsecure: read.flag('cluster-reg-insecure'),
        clusterName,
        clusterNamePrefix,
        clusterNamespace,
        clusterType: read.text('cluster-reg-type'),
        clusterLabels: read.map('cluster-labels'),
        syncMode,
        isSocketEnabled: gates.isEnabled('SocketConnection'),
        isAppPusherEnabled: gates.isEnabled('AppPusher'),
        systemNamespace: read.text('leader-elect-resource-namespace'),
        leaseName: read.text('leader-elect-resource-name'),
        isLeaderElected: read.flag('leader-elect'),
        leaseDurationMs: read.durationMs('leader-elect-lease-duration'),
        renewDeadlineMs: read.durationMs('leader-elect-renew-deadline'),
        retryPeriodMs: read.durationMs('leader-elect-retry-period'),
        statusReportMs: read.durationMs('cluster-status-update-frequency'),
        statusCollectMs: read.durationMs('cluster-status-collect-frequency'),
        labelPrefixes: read.list('labels-aggregate-prefix'),
        labelThreshold: threshold,
        kubeQps: read.number('kube-api-qps'),
        kubeBurst: read.number('kube-api-burst'),
        agentVersion: version,
        identity: `${hostname()}_${systemRandom.uuid()}`,
        clusterCidr: env['CLUSTER_CIDR'],
        serviceCidr: env['SERVICE_CIDR'],
        tunnelAllowList: read.list('tunnel-allow'),
      },
    },
  };
}
