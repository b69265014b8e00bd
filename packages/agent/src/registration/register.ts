import { API_VERSIONS, LABELS, LABEL_VALUES, NAMES } from '@clusternet/api-types';
import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { bearerHeaders, clusternetRef, createKubeClient, isApiError } from '@clusternet/client';
import type { ConnectionConfig, KubeClient, Transport } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import { createSuffix } from '@clusternet/kube-data';
import { backoffMs, errorText } from '@clusternet/runtime';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import type { Child } from '../child.ts';
import type { AgentOptions } from '../options.ts';
import { getParentTrust } from './parent-trust.ts';
import { applyParentCredential, getParentCredential } from './parent-secret.ts';
import type { ParentCredential } from './parent-secret.ts';

/** The parent as this cluster sees it once it is registered. */
export interface Parent extends AsyncDisposable {
  readonly connection: ConnectionConfig;
  readonly client: KubeClient;
  readonly credential: ParentCredential;
  readonly clusterId: string;
  readonly clusterName: string;
}

export interface RegisterDeps {
  readonly child: Child;
  readonly options: AgentOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Approval is looked for at growing intervals up to this, ms. */
const MAX_POLL_MS = 5000;

/**
 * Registers this cluster with its parent, however long that takes.
 *
 * Every pass asks anew with what there is: the credential of an earlier registration, and when the parent
 * refuses that one, the registration token. Only `signal` ends it.
 *
 * @returns undefined when `signal` aborted
 */
export async function register(
  deps: RegisterDeps,
  clusterId: string,
  signal: AbortSignal,
): Promise<Parent | undefined> {
  const { clock, random, log, options } = deps;
  let isCredentialRefused = false;
  for (let failures = 1; ; failures += 1) {
    try {
      const known = isCredentialRefused
        ? undefined
        : await getParentCredential(deps.child, options.systemNamespace, options.parentUrl, signal);
      const parent = await registerOnce(deps, clusterId, known, signal);
      if (parent !== undefined) return parent;
    } catch (error) {
      if (isAborted(signal)) return undefined;
      // After a refused credential the registration token is next; should that be refused, the former again.
      isCredentialRefused =
        !isCredentialRefused && isApiError(error, 'UNAUTHORIZED', 'FORBIDDEN', 'UNTRUSTED_CERTIFICATE');
      log.warn('registration failed', { parent: options.parentUrl, error: errorText(error), failures });
    }
    if (!(await clock.sleep(backoffMs(failures, random.next(), { maxMs: MAX_POLL_MS }), signal)))
      return undefined;
  }
}

/** Aborting happens while an await is pending, which the compiler does not see. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

async function registerOnce(
  deps: RegisterDeps,
  clusterId: string,
  known: ParentCredential | undefined,
  signal: AbortSignal,
): Promise<Parent | undefined> {
  const { options, child, log } = deps;
  const trust = known === undefined ? await getParentTrust(options, signal) : { caPem: known.caPem };
  const token = known?.token ?? options.registrationToken;
  await using transport = connect(options, trust, token);
  const requests = createKubeClient(transport).resource<ClusterRegistrationRequest>(
    clusternetRef('ClusterRegistrationRequest'),
  );
  try {
    await requests.create(createRequest(deps, clusterId), {}, signal);
    log.info('registration requested', { clusterId, parent: options.parentUrl });
  } catch (error) {
    if (!isApiError(error, 'ALREADY_EXISTS')) throw error;
  }
  const approved = await waitForApproval(
    deps,
    () => requests.get({ name: requestName(clusterId) }, signal),
    signal,
  );
  if (approved === undefined) return undefined;
  const { status, metadata } = approved;
  const decode = (value: string | undefined): string => Buffer.from(value ?? '', 'base64').toString('utf8');
  const clusterName = metadata.labels?.[LABELS.clusterName] ?? status?.managedClusterName ?? '';
  // A load balancer may show a certificate of another CA than the parent's own: both count.
  const caPem = [decode(status?.caCertificate), options.parentCaPem ?? '']
    .filter((pem) => pem !== '')
    .join('\n');
  const credential: ParentCredential = {
    token: decode(status?.token),
    caPem,
    namespace: status?.dedicatedNamespace ?? '',
    parentUrl: options.parentUrl,
  };
  await applyParentCredential(child, options.systemNamespace, credential, { clusterId, clusterName }, signal);
  const connection = connectionOf(options, { caPem }, credential.token);
  const dedicated = createTransport(connection);
  log.info('registered', { clusterId, clusterName, namespace: credential.namespace });
  return {
    connection,
    client: createKubeClient(dedicated),
    credential,
    clusterId,
    clusterName,
    [Symbol.asyncDispose]: () => dedicated[Symbol.asyncDispose](),
  };
}

async function waitForApproval(
  { clock, random, log }: RegisterDeps,
  get: () => Promise<ClusterRegistrationRequest>,
  signal: AbortSignal,
): Promise<ClusterRegistrationRequest | undefined> {
  let lastResult: string | undefined;
  for (let polls = 1; ; polls += 1) {
    const request = await get();
    const { result, errorMessage } = request.status ?? {};
    if (result === 'Approved') return request;
    if (result !== undefined && result !== lastResult) {
      log.error('the parent did not approve this cluster', { result, reason: errorMessage });
    }
    lastResult = result;
    const waitMs = backoffMs(polls, random.next(), { baseMs: 200, maxMs: MAX_POLL_MS });
    if (!(await clock.sleep(waitMs, signal))) return undefined;
  }
}

function requestName(clusterId: string): string {
  return `${NAMES.objectPrefix}${clusterId}`;
}

function createRequest({ options, random }: RegisterDeps, clusterId: string): ClusterRegistrationRequest {
  const suffix = createSuffix(random.bytes(8));
  const clusterName =
    options.clusterName === '' ? `${options.clusterNamePrefix}-${suffix}` : options.clusterName;
  return {
    apiVersion: API_VERSIONS.clusters,
    kind: 'ClusterRegistrationRequest',
    metadata: {
      name: requestName(clusterId),
      labels: {
        [LABELS.registeredBy]: LABEL_VALUES.createdByAgent,
        [LABELS.clusterId]: clusterId,
        [LABELS.clusterName]: clusterName,
      },
    },
    spec: {
      clusterId,
      clusterName,
      clusterType: options.clusterType,
      syncMode: options.syncMode,
      clusterLabels: { ...options.clusterLabels },
      ...(options.clusterNamespace === '' ? {} : { clusterNamespace: options.clusterNamespace }),
    },
  };
}

function connectionOf(
  { parentUrl, agentVersion }: AgentOptions,
  trust: Pick<ConnectionConfig, 'caPem' | 'insecureSkipVerify'>,
  token: string,
): ConnectionConfig {
  const userAgent = `clusternet-agent/${agentVersion}`;
  return { server: parentUrl, name: 'parent', userAgent, getHeaders: bearerHeaders(token), ...trust };
}

function connect(
  options: AgentOptions,
  trust: Pick<ConnectionConfig, 'caPem' | 'insecureSkipVerify'>,
  token: string,
): Transport {
  return createTransport(connectionOf(options, trust, token));
}
