import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { createFlagReader, parseFeatureGates } from '@clusternet/host';
import type { FeatureGates, FlagReader, ParsedFlags } from '@clusternet/host';
import type { HubRole } from '@clusternet/hub';
import { isDnsLabel } from '@clusternet/kube-data';
import { errorText, systemRandom } from '@clusternet/runtime';

export interface HubConfig {
  readonly kubeconfig: string;
  readonly roles: ReadonlySet<HubRole>;
  /** Undefined: the one that hubs share. */
  readonly tls: { readonly certPem: string; readonly keyPem: string } | undefined;
  /** Where agents may come directly; undefined: nowhere. */
  readonly hubAddress: { readonly url: string; readonly caPem: string | undefined } | undefined;
  /** Empty: there is no Cluster API. */
  readonly clusterApiKubeconfig: string;
  readonly host: string;
  readonly port: number;
  /** Undefined: this process is alone. */
  readonly peers:
    { readonly host: string; readonly port: number; readonly advertiseAddress: string } | undefined;
  readonly shutdownDelayMs: number;
  /** Agents see ciphertext only. */
  readonly isEndToEnd: boolean;
  readonly health: { readonly host: string; readonly port: number } | undefined;
  readonly systemNamespace: string;
  readonly reservedNamespace: string;
  readonly gates: FeatureGates;
  readonly verbosity: number;
  readonly credentialLifetimeMs: number;
  readonly approvalMode: 'auto' | 'manual';
  readonly maxUnseenClusters: number;
  /** Requests to the parent; 0 a second means no limit. */
  readonly rateLimit: { readonly qps: number; readonly burst: number };
  readonly isLeaderElected: boolean;
  readonly election: {
    readonly identity: string;
    readonly leaseDurationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
  };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What kube-apiserver issues at least. */
const MIN_CREDENTIAL_MS = 600_000;

const ROLES: readonly HubRole[] = ['apiserver', 'controllers', 'scheduler'];

/** What a program name stands for: invoked as a Go binary is named, the process plays that binary's role. */
export function rolesOfProgram(program: string): string {
  switch (program) {
    case 'clusternet-controller-manager':
      return 'controllers';
    case 'clusternet-scheduler':
      return 'scheduler';
    default:
      return 'all';
  }
}

/** Turns flags and environment into one configuration, reporting every mistake together. */
export function configureHub(
  flags: ParsedFlags,
  env: Readonly<Record<string, string | undefined>>,
): { readonly config: HubConfig | undefined; readonly errors: readonly string[] } {
  const read = createFlagReader(flags);
  const { gates, errors: gateErrors } = parseFeatureGates(read.map('feature-gates'));
  const errors = [...gateErrors];
  const roles = readRoles(read, errors);
  const tls = readTls(read, errors);
  const hubAddress = readHubAddress(read, roles, errors);
  const ports = readPorts(read, errors);
  const names = readNames(read, errors);
  const election = readElection(read, errors);
  const credentialLifetimeMs = readCredentialLifetime(read, errors);
  if (errors.length > 0) return { config: undefined, errors };
  return {
    errors,
    config: {
      ...names,
      env,
      gates,
      roles,
      tls,
      hubAddress,
      election,
      kubeconfig: read.text('kubeconfig'),
      clusterApiKubeconfig: read.text('cluster-api-kubeconfig'),
      host: read.text('bind-address'),
      port: ports.api,
      health: ports.health < 0 ? undefined : { host: read.text('health-address'), port: ports.health },
      verbosity: read.number('v'),
      credentialLifetimeMs,
      approvalMode: read.text('approval') === 'manual' ? 'manual' : 'auto', // one of the choices
      maxUnseenClusters: read.number('max-unseen-clusters'),
      peers: read.flag('leader-elect')
        ? { host: read.text('bind-address'), port: ports.peer, advertiseAddress: findAdvertiseAddress(read) }
        : undefined,
      shutdownDelayMs: read.durationMs('shutdown-delay-duration'),
      isEndToEnd: read.flag('tunnel-end-to-end'),
      rateLimit: { qps: read.number('kube-api-qps'), burst: read.number('kube-api-burst') },
      isLeaderElected: read.flag('leader-elect'),
    },
  };
}

function readRoles(read: FlagReader, errors: string[]): ReadonlySet<HubRole> {
  const roles = new Set<HubRole>();
  const words = read.list('roles');
  for (const word of words) {
    if (word === 'all') for (const role of ROLES) roles.add(role);
    else if (ROLES.some((role) => role === word)) roles.add(word as HubRole);
    else errors.push(`--roles takes all, apiserver, controllers and scheduler, not "${word}"`);
  }
  if (words.length === 0) {
    errors.push('--roles names no role; give all, apiserver, controllers or scheduler');
  }
  return roles;
}

/** Agents verify what serves there, so that it is TLS or nothing. */
function readHubAddress(
  read: FlagReader,
  roles: ReadonlySet<HubRole>,
  errors: string[],
): HubConfig['hubAddress'] {
  const url = read.text('hub-address');
  const path = read.text('hub-address-ca-file');
  if (url === '') {
    if (path !== '') errors.push('--hub-address-ca-file goes with --hub-address, which is missing');
    return undefined;
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isPlain =
    parsed?.username === '' && parsed.password === '' && `${parsed.search}${parsed.hash}` === '';
  if (parsed?.protocol !== 'https:' || !isPlain)
    errors.push(`--hub-address takes https://host[:port][/prefix], not "${isPlain ? url : '…'}"`);
  if (!roles.has('apiserver'))
    errors.push('--hub-address is where tunnels end: it goes with the role apiserver');
  if (path === '') return { url, caPem: undefined };
  try {
    const caPem = readFileSync(path, 'utf8');
    new X509Certificate(caPem);
    return { url, caPem };
  } catch (error) {
    errors.push(`--hub-address-ca-file: ${path} holds no PEM certificate (${errorText(error)})`);
    return undefined;
  }
}

/** Certificate and key, looked into, so that a swapped or damaged file shows here and not at the first client. */
function readTls(read: FlagReader, errors: string[]): HubConfig['tls'] {
  const fileOf = (flag: string): string | undefined => {
    const path = read.text(flag);
    try {
      return path === '' ? '' : readFileSync(path, 'utf8');
    } catch (error) {
      errors.push(
        `--${flag}: ${path} cannot be read (${error instanceof Error ? error.message : String(error)})`,
      );
      return undefined;
    }
  };
  const certPem = fileOf('tls-cert-file');
  const keyPem = fileOf('tls-private-key-file');
  if (certPem === undefined || keyPem === undefined) return undefined;
  if ((certPem === '') !== (keyPem === '')) {
    errors.push('--tls-cert-file and --tls-private-key-file go together; give both or neither');
    return undefined;
  }
  if (certPem === '') return undefined;
  try {
    if (!new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem))) {
      errors.push('--tls-private-key-file does not hold the key of the certificate in --tls-cert-file');
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    errors.push(`--tls-cert-file and --tls-private-key-file take a PEM certificate and its key (${detail})`);
  }
  return { certPem, keyPem };
}

function readPorts(
  read: FlagReader,
  errors: string[],
): { readonly api: number; readonly health: number; readonly peer: number } {
  const port = (flag: string, least: number): number => {
    const value = read.number(flag);
    if (!(value >= least && value <= 65_535)) errors.push(`--${flag} takes ${least} to 65535, not ${value}`);
    return value;
  };
  return { api: port('secure-port', 0), health: port('health-port', -1), peer: port('peer-port', 0) };
}

/** As Go looks for it: what was said, else what is served on, else an address of this machine; IPv4 before IPv6. */
function findAdvertiseAddress(read: FlagReader): string {
  const said = read.text('peer-advertise-address').replace(/^\[|\]$/g, '');
  if (said !== '') return said;
  const bound = read.text('bind-address');
  if (isIP(bound) !== 0 && bound !== '0.0.0.0' && bound !== '::') return bound;
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  const best = addresses.find(({ family }) => family === 'IPv4') ?? addresses[0];
  return best?.address ?? '127.0.0.1';
}

function readNames(
  read: FlagReader,
  errors: string[],
): Pick<HubConfig, 'reservedNamespace' | 'systemNamespace'> {
  const namespace = (flag: string): string => {
    const value = read.text(flag);
    if (!isDnsLabel(value)) errors.push(`--${flag} takes a namespace, not "${value}"`);
    return value;
  };
  return {
    systemNamespace: namespace('leader-elect-resource-namespace'),
    reservedNamespace: namespace('reserved-namespace'),
  };
}

function readCredentialLifetime(read: FlagReader, errors: string[]): number {
  const lifetimeMs = read.durationMs('agent-credential-lifetime');
  if (lifetimeMs < MIN_CREDENTIAL_MS) {
    errors.push(
      `--agent-credential-lifetime takes at least 10m, not "${read.text('agent-credential-lifetime')}"`,
    );
  }
  return lifetimeMs;
}

function readElection(read: FlagReader, errors: string[]): HubConfig['election'] {
  const leaseDurationMs = read.durationMs('leader-elect-lease-duration');
  const renewDeadlineMs = read.durationMs('leader-elect-renew-deadline');
  const retryPeriodMs = read.durationMs('leader-elect-retry-period');
  if (leaseDurationMs <= renewDeadlineMs || renewDeadlineMs <= retryPeriodMs || retryPeriodMs <= 0) {
    errors.push(
      '--leader-elect-lease-duration must be longer than --leader-elect-renew-deadline, and that longer than --leader-elect-retry-period',
    );
  }
  return {
    identity: `${hostname()}_${systemRandom.uuid()}`,
    leaseDurationMs,
    renewDeadlineMs,
    retryPeriodMs,
  };
}
