import { ANNOTATIONS, FINALIZERS, LABELS, LABEL_VALUES, NAMES, SECRET_KEYS } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import { errorText } from '@clusternet/runtime';
import { backoffMs } from '@clusternet/runtime';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import { readSecret, secretsOf } from '../child.ts';
import type { Child, Secret } from '../child.ts';
import type { AgentOptions } from '../options.ts';
import type { Parent } from '../registration/register.ts';

/** The service account of the child that objects are delivered as. */
export interface DeployerCredential {
  readonly token: string;
  readonly caPem: string;
}

export interface CredentialDeps {
  readonly child: Child;
  readonly options: AgentOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Waits for the token of the service account `clusternet-app-deployer`, makes its token Secret where there is
 * none, and keeps a copy at the parent as Secret `child-cluster-deployer`.
 *
 * @returns undefined when `signal` aborted
 */
export async function provideDeployerCredential(
  deps: CredentialDeps,
  parent: Parent,
  signal: AbortSignal,
): Promise<DeployerCredential | undefined> {
  for (let failures = 1; ; failures += 1) {
    try {
      const secret = await getTokenSecret(deps, signal);
      const token = readSecret(secret, SECRET_KEYS.token);
      const caPem = readSecret(secret, SECRET_KEYS.caCert);
      if (token !== undefined && caPem !== undefined) {
        await uploadCredential(deps, parent, secret, signal);
        return { token, caPem };
      }
    } catch (error) {
      if (signal.aborted) return undefined;
      deps.log.warn('deployer credential not ready', { error: errorText(error), failures });
    }
    const waitMs = backoffMs(failures, deps.random.next(), { baseMs: 200, maxMs: 5000 });
    if (!(await deps.clock.sleep(waitMs, signal))) return undefined;
  }
}

async function getTokenSecret({ child, options }: CredentialDeps, signal: AbortSignal): Promise<Secret> {
  const ref = { namespace: options.systemNamespace, name: NAMES.deployerServiceAccount };
  try {
    return await child.secrets.get(ref, signal);
  } catch (error) {
    if (!isApiError(error, 'NOT_FOUND')) throw error;
    const annotations = { [ANNOTATIONS.serviceAccountName]: NAMES.deployerServiceAccount };
    const secret: Secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...ref, annotations },
      type: 'kubernetes.io/service-account-token',
    };
    return child.secrets.create(secret, {}, signal);
  }
}

async function uploadCredential(
  { child, log }: CredentialDeps,
  parent: Parent,
  source: Secret,
  signal: AbortSignal,
): Promise<void> {
  const secrets = secretsOf(parent.client);
  const ref = { namespace: parent.credential.namespace, name: NAMES.childClusterSecret };
  const { annotations = {} } = source.metadata;
  const text = (value: string): string => Buffer.from(value, 'utf8').toString('base64');
  const wanted: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...ref,
      labels: {
        [LABELS.createdBy]: LABEL_VALUES.createdByAgent,
        [LABELS.clusterId]: parent.clusterId,
        [LABELS.bootstrapping]: LABEL_VALUES.bootstrappingCredentials,
      },
      annotations: { [ANNOTATIONS.autoUpdate]: 'true' },
      finalizers: [FINALIZERS.app],
    },
    type: 'Opaque',
    data: {
      [SECRET_KEYS.caCert]: source.data?.[SECRET_KEYS.caCert] ?? '',
      [SECRET_KEYS.token]: source.data?.[SECRET_KEYS.token] ?? '',
      [SECRET_KEYS.serviceAccountName]: text(annotations[ANNOTATIONS.serviceAccountName] ?? ''),
      [SECRET_KEYS.serviceAccountUid]: text(annotations['kubernetes.io/service-account.uid'] ?? ''),
      [SECRET_KEYS.apiServerUrl]: text(child.connection.server),
    },
  };
  try {
    await secrets.create(wanted, {}, signal);
    return;
  } catch (error) {
    if (!isApiError(error, 'ALREADY_EXISTS')) throw error;
  }
  const live = await secrets.get(ref, signal);
  if (live.metadata.annotations?.[ANNOTATIONS.autoUpdate] !== 'true') {
    log.warn('the credential at the parent is pinned and was left as it is', { secret: ref.name });
    return;
  }
  const isSame = Object.entries(wanted.data ?? {}).every(([key, value]) => live.data?.[key] === value);
  if (!isSame) await secrets.patch(ref, 'merge', { data: wanted.data }, {}, signal);
}
