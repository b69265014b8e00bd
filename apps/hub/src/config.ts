import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { createFlagReader, parseFeatureGates } from '@clusternet/host';
import type { FeatureGates, ParsedFlags } from '@clusternet/host';
import type { HubRole } from '@clusternet/hub';
import { systemRandom } from '@clusternet/runtime';

export interface HubConfig {
  readonly kubeconfig: string;
  readonly roles: ReadonlySet<HubRole>;
  /** Undefined: made at start. */
  readonly tls: { readonly certPem: string; readonly keyPem: string } | undefined;
  readonly host: string;
  readonly port: number;
  readonly health: { readonly host: string; readonly port: number } | undefined;
  readonly systemNamespace: string;
  readonly reservedNamespace: string;
  readonly gates: FeatureGates;
  readonly verbosity: number;
  readonly isLeaderElected: boolean;
  readonly election: {
    readonly identity: string;
    readonly leaseDurationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
  };
  readonly env: Readonly<Record<string, string | undefined>>;
}

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
  const fileOf = (flag: string): string => {
    const path = read.text(flag);
    try {
      return path === '' ? '' : readFileSync(path, 'utf8');
    } catch (error) {
      errors.push(
        `--${flag}: ${path} cannot be read (${error instanceof Error ? error.message : String(error)})`,
      );
      return '';
    }
  };
  const certPem = fileOf('tls-cert-file');
  const keyPem = fileOf('tls-private-key-file');
  if ((read.text('tls-cert-file') === '') !== (read.text('tls-private-key-file') === '')) {
    errors.push('--tls-cert-file and --tls-private-key-file go together; give both or neither');
  }
  const roles = new Set<HubRole>();
  for (const word of read.list('roles')) {
    if (word === 'all') for (const role of ROLES) roles.add(role);
    else if (ROLES.some((role) => role === word)) roles.add(word as HubRole);
    else errors.push(`--roles takes all, apiserver, controllers and scheduler, not "${word}"`);
  }
  if (roles.size === 0) errors.push('--roles names no role; give all, apiserver, controllers or scheduler');
  if (errors.length > 0) return { config: undefined, errors };
  const healthPort = read.number('health-port');
  return {
    errors,
    config: {
      env,
      gates,
      roles,
      kubeconfig: read.text('kubeconfig'),
      tls: certPem === '' ? undefined : { certPem, keyPem },
      host: read.text('bind-address'),
      port: read.number('secure-port'),
      health: healthPort < 0 ? undefined : { host: read.text('health-address'), port: healthPort },
      systemNamespace: read.text('leader-elect-resource-namespace'),
      reservedNamespace: read.text('reserved-namespace'),
      verbosity: read.number('v'),
      isLeaderElected: read.flag('leader-elect'),
      election: {
        identity: `${hostname()}_${systemRandom.uuid()}`,
        leaseDurationMs: read.durationMs('leader-elect-lease-duration'),
        renewDeadlineMs: read.durationMs('leader-elect-renew-deadline'),
        retryPeriodMs: read.durationMs('leader-elect-retry-period'),
      },
    },
  };
}
