import { X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import type { AgentOptions } from '@clusternet/agent';
import type { ClusterSyncMode } from '@clusternet/api-types';
import { chooseProxy, parseProxySettings } from '@clusternet/client/proxy';
import { createFlagReader, parseFeatureGates } from '@clusternet/host';
import type { FeatureGates, FlagReader, ParsedFlags } from '@clusternet/host';
import { isDnsLabel, isDnsSubdomain, isLabelKey, isLabelValue } from '@clusternet/kube-data';
import { errorText, systemRandom } from '@clusternet/runtime';
import { readCertificates, readText } from './read-file.ts';

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
const CA_HASH = /^sha256:[0-9a-f]{64}$/;
const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):\d{1,5}$/;
/** Longest cluster name that the API takes, characters. */
const MAX_NAME = 30;
/** What a generated name adds to its prefix, characters. */
const SUFFIX = 6;

/** Everything that the parts of a configuration are read from, and where their mistakes go. */
interface Source {
  readonly read: FlagReader;
  readonly gates: FeatureGates;
  readonly errors: string[];
}

/** Turns flags and environment into one configuration, reporting every mistake together. */
export function configureAgent(
  flags: ParsedFlags,
  env: Readonly<Record<string, string | undefined>>,
  version: string,
): { readonly config: AgentConfig | undefined; readonly errors: readonly string[] } {
  const read = createFlagReader(flags);
  const { gates, errors: gateErrors } = parseFeatureGates(read.map('feature-gates'));
  const errors = [...gateErrors];
  const source: Source = { read, gates, errors };
  const port = read.number('secure-port');
  if (port < -1 || port > 65_535) errors.push(`--secure-port takes -1 to 65535, not ${port}`);
  const findProxy = readProxies(env, errors);
  const parentUrl = read.text('cluster-reg-parent-url');
  const options: AgentOptions = {
    ...readParent(source, env['PARENT_CA']),
    ...readCluster(source),
    ...readElection(source),
    ...readStatus(source),
    ...readLimits(source),
    parentProxy: URL.canParse(parentUrl) ? findProxy(new URL(parentUrl)) : undefined,
    findProxy,
    isSocketEnabled: gates.isEnabled('SocketConnection'),
    isEndToEnd: read.flag('tunnel-end-to-end'),
    isAppPusherEnabled: gates.isEnabled('AppPusher'),
    predictor: readPredictor(source),
    isRecoveryEnabled: gates.isEnabled('Recovery'),
    agentVersion: version,
    identity: `${hostname()}_${systemRandom.uuid()}`,
    clusterCidr: env['CLUSTER_CIDR'],
    serviceCidr: env['SERVICE_CIDR'],
  };
  if (errors.length > 0) return { config: undefined, errors };
  return {
    errors,
    config: {
      env,
      options,
      kubeconfig: read.text('kubeconfig'),
      verbosity: read.number('v'),
      health: port < 0 ? undefined : { host: read.text('health-address'), port },
    },
  };
}

function readParent(
  source: Source,
  sharedCa: string | undefined,
): Pick<AgentOptions, 'isInsecure' | 'parentCaHash' | 'parentCaPem' | 'parentUrl' | 'registrationToken'> {
  const { read, errors } = source;
  const parentUrl = read.text('cluster-reg-parent-url').trim();
  // That it is missing is said already, with what it is.
  if (parentUrl !== '' && (!URL.canParse(parentUrl) || !/^https:/.test(parentUrl))) {
    errors.push(`--cluster-reg-parent-url takes an https URL, not "${parentUrl}"`);
  }
  const caHash = read.text('cluster-reg-parent-ca-hash');
  if (caHash !== '' && !CA_HASH.test(caHash)) {
    errors.push(`--cluster-reg-parent-ca-hash takes sha256: and 64 hex digits, not "${caHash}"`);
  }
  return {
    parentUrl,
    registrationToken: readToken(source),
    parentCaPem:
      readCertificates('cluster-reg-parent-ca-file', read, errors) ?? readSharedCa(sharedCa, errors),
    parentCaHash: caHash === '' ? undefined : caHash,
    isInsecure: read.flag('cluster-reg-insecure'),
  };
}

/** The proxy that leads to a URL, by the usual variables. */
function readProxies(
  env: Readonly<Record<string, string | undefined>>,
  errors: string[],
): (url: URL) => URL | undefined {
  try {
    const settings = parseProxySettings(env);
    return (url) => chooseProxy(settings, url);
  } catch (error) {
    errors.push(errorText(error));
    return () => undefined;
  }
}

/** `parentCA` of the registration Secret, as its Deployment passes it on: PEM, or base64 of that. */
function readSharedCa(text = '', errors: string[]): string | undefined {
  if (text.trim() === '') return undefined;
  const pem = text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64').toString('utf8');
  try {
    new X509Certificate(pem);
    return pem;
  } catch {
    errors.push(
      'PARENT_CA (parentCA of the registration Secret) holds no PEM certificate, nor base64 of one',
    );
    return undefined;
  }
}

/** The token itself stays out of every message. */
function readToken({ read, errors }: Source): string {
  const path = read.text('cluster-reg-token-file');
  const text =
    path === '' ? read.text('cluster-reg-token') : readText('cluster-reg-token-file', read, errors);
  if (text === undefined) return '';
  const token = text.trim();
  const flag = path === '' ? '--cluster-reg-token' : `--cluster-reg-token-file: ${path}`;
  if (token === '' && path === '') {
    errors.push('--cluster-reg-token-file (or --cluster-reg-token) is required: the token to register with');
  } else if (token === '') errors.push(`${flag} is empty`);
  else if (!BOOTSTRAP_TOKEN.test(token) && !JWT.test(token)) {
    errors.push(`${flag} is neither a bootstrap token (abcdef.0123456789abcdef) nor a service-account token`);
  }
  return token;
}

function readCluster(
  source: Source,
): Pick<
  AgentOptions,
  'clusterLabels' | 'clusterName' | 'clusterNamePrefix' | 'clusterNamespace' | 'clusterType' | 'syncMode'
> {
  const { read, gates, errors } = source;
  const label = (flag: string, maxLength: number, isOptional: boolean): string => {
    const value = read.text(flag).trim();
    if (value === '' && isOptional) return value;
    if (!isDnsLabel(value) || value.length > maxLength) {
      errors.push(`--${flag} takes a DNS label of at most ${maxLength} characters, not "${value}"`);
    }
    return value;
  };
  const syncMode = read.text('cluster-sync-mode') as ClusterSyncMode; // one of the choices
  if (syncMode === 'Push' && !gates.isEnabled('AppPusher')) {
    errors.push(
      '--cluster-sync-mode=Push needs --feature-gates=AppPusher=true, or nobody would deploy to this cluster',
    );
  }
  const clusterLabels = read.map('cluster-labels');
  for (const [key, value] of Object.entries(clusterLabels)) {
    if (!isLabelKey(key)) errors.push(`--cluster-labels: "${key}" is not a label key`);
    else if (!isLabelValue(value))
      errors.push(`--cluster-labels: "${value}" is not a value for the label ${key}`);
  }
  return {
    clusterName: label('cluster-reg-name', MAX_NAME, true),
    clusterNamePrefix: label('cluster-reg-name-prefix', MAX_NAME - SUFFIX, false),
    clusterNamespace: label('cluster-reg-namespace', 63, true),
    clusterType: read.text('cluster-reg-type'),
    clusterLabels,
    syncMode,
  };
}

function readElection({
  read,
  errors,
}: Source): Pick<
  AgentOptions,
  | 'isLeaderElected'
  | 'leaseDurationMs'
  | 'leaseName'
  | 'renewDeadlineMs'
  | 'retryPeriodMs'
  | 'systemNamespace'
> {
  const leaseDurationMs = read.durationMs('leader-elect-lease-duration');
  const renewDeadlineMs = read.durationMs('leader-elect-renew-deadline');
  const retryPeriodMs = read.durationMs('leader-elect-retry-period');
  if (leaseDurationMs <= renewDeadlineMs || renewDeadlineMs <= retryPeriodMs || retryPeriodMs <= 0) {
    errors.push(
      '--leader-elect-lease-duration must be longer than --leader-elect-renew-deadline, and that longer than --leader-elect-retry-period',
    );
  }
  const systemNamespace = read.text('leader-elect-resource-namespace');
  if (!isDnsLabel(systemNamespace)) {
    errors.push(`--leader-elect-resource-namespace takes a namespace, not "${systemNamespace}"`);
  }
  const leaseName = read.text('leader-elect-resource-name');
  if (!isDnsSubdomain(leaseName)) {
    errors.push(`--leader-elect-resource-name takes the name of a Lease, not "${leaseName}"`);
  }
  const isLeaderElected = read.flag('leader-elect');
  return { systemNamespace, leaseName, isLeaderElected, leaseDurationMs, renewDeadlineMs, retryPeriodMs };
}

function readStatus({
  read,
  errors,
}: Source): Pick<
  AgentOptions,
  'isMetricsServerUsed' | 'labelPrefixes' | 'labelThreshold' | 'statusCollectMs' | 'statusReportMs'
> {
  const labelThreshold = read.number('labels-aggregate-threshold');
  if (labelThreshold < 0 || labelThreshold > 1) {
    errors.push(`--labels-aggregate-threshold takes 0 to 1, not ${labelThreshold}`);
  }
  const atLeastOneSecond = (flag: string): number => {
    const ms = read.durationMs(flag);
    if (ms < 1000) errors.push(`--${flag} takes at least 1s, not "${read.text(flag)}"`);
    return ms;
  };
  return {
    statusReportMs: atLeastOneSecond('cluster-status-update-frequency'),
    statusCollectMs: atLeastOneSecond('cluster-status-collect-frequency'),
    labelPrefixes: read.list('labels-aggregate-prefix'),
    labelThreshold,
    isMetricsServerUsed: read.flag('use-metrics-server'),
  };
}

function readPredictor({ read, gates, errors }: Source): AgentOptions['predictor'] {
  const url = read.text('predictor-addr');
  if (url === '' || !gates.isEnabled('Predictor')) return undefined;
  const isUrl = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  if (!isUrl) errors.push(`--predictor-addr takes http(s)://host[:port], not "${url}"`);
  return { url, isDirect: read.flag('predictor-direct-access') };
}

function readLimits({
  read,
  errors,
}: Source): Pick<AgentOptions, 'kubeBurst' | 'kubeQps' | 'tunnelAllowList'> {
  const positive = (flag: string): number => {
    const value = read.number(flag);
    if (value <= 0) errors.push(`--${flag} takes a number above 0, not ${value}`);
    return value;
  };
  const tunnelAllowList = read.list('tunnel-allow');
  for (const address of tunnelAllowList) {
    if (!ADDRESS.test(address)) errors.push(`--tunnel-allow takes host:port, not "${address}"`);
  }
  return { kubeQps: positive('kube-api-qps'), kubeBurst: positive('kube-api-burst'), tunnelAllowList };
}
