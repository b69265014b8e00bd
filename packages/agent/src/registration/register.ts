import {
  ANNOTATIONS,
  API_VERSIONS,
  LABELS,
  LABEL_VALUES,
  NAMES,
  planFormerNamespaces,
} from '@clusternet/api-types';
import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { clusternetRef, createKubeClient, isApiError } from '@clusternet/client';
import type { ConnectionConfig, KubeClient, Transport } from '@clusternet/client';
import { createProxyDial } from '@clusternet/client/proxy';
import { createTransport } from '@clusternet/client/undici';
import { createSuffix } from '@clusternet/kube-data';
import { backoffMs } from '@clusternet/runtime';
import type { SealKeys } from '@clusternet/pki';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import type { Child } from '../child.ts';
import type { AgentOptions } from '../options.ts';
import { explainFirstContact, getParentTrust } from './parent-trust.ts';
import { applyParentCredential, getParentCredential } from './parent-secret.ts';
import type { ParentCredential } from './parent-secret.ts';
import { getCredentialKeys } from './credential-key.ts';
import { readCredential } from './read-credential.ts';
import type { IssuedToken } from './read-credential.ts';

/** The parent as this cluster sees it once it is registered. */
export interface Parent extends AsyncDisposable {
  readonly client: KubeClient;
  /** The present one; it is replaced before it runs out. */
  readonly credential: ParentCredential;
  readonly keys: SealKeys;
  readonly clusterId: string;
  readonly clusterName: string;
  /** By which this cluster registered, as it was then. */
  readonly request: ClusterRegistrationRequest;
  /** When the present credential runs out, Unix ms; undefined for never. */
  expiresMs(): number | undefined;
  /** Takes a new credential into use and keeps it for the next start. */
  replace(issued: IssuedToken, signal: AbortSignal): Promise<void>;
}

interface Approved {
  readonly request: ClusterRegistrationRequest;
  readonly issued: IssuedToken;
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
      const last = await getParentCredential(deps.child, options.systemNamespace, options.parentUrl, signal);
      const parent = await registerOnce(deps, clusterId, { last, isRefused: isCredentialRefused }, signal);
      if (parent !== undefined) return parent;
    } catch (error) {
      if (isAborted(signal)) return undefined;
      // After a refused credential the registration token is next; should that be refused, the former again.
      isCredentialRefused =
        !isCredentialRefused && isApiError(error, 'UNAUTHORIZED', 'FORBIDDEN', 'UNTRUSTED_CERTIFICATE');
      log.warn('registration failed', {
        parent: options.parentUrl,
        error: explainFirstContact(error),
        failures,
      });
    }
    if (!(await clock.sleep(backoffMs(failures, random.next(), { maxMs: MAX_POLL_MS }), signal)))
      return undefined;
  }
}

/** Aborting happens while an await is pending, which the compiler does not see. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** What is kept in the child of the registration before. */
interface Earlier {
  readonly last: ParentCredential | undefined;
  /** Whether the parent takes its token no more. */
  readonly isRefused: boolean;
}

async function registerOnce(
  deps: RegisterDeps,
  clusterId: string,
  { last, isRefused }: Earlier,
  signal: AbortSignal,
): Promise<Parent | undefined> {
  const { options, child, log } = deps;
  const known = isRefused ? undefined : last;
  const trust = known === undefined ? await getParentTrust(options, signal) : { caPem: known.caPem };
  const token = known?.token ?? options.registrationToken;
  const keys = await getCredentialKeys(child, options.systemNamespace, signal);
  await using transport = connect(options, trust, token);
  const requests = createKubeClient(transport).resource<ClusterRegistrationRequest>(
    clusternetRef('ClusterRegistrationRequest'),
  );
  try {
    await requests.create(createRequest(deps, clusterId, keys, last), {}, signal);
    log.info('registration requested', { clusterId, parent: options.parentUrl });
  } catch (error) {
    if (!isApiError(error, 'ALREADY_EXISTS')) throw error;
  }
  const approved = await waitForApproval(
    deps,
    keys,
    () => requests.get({ name: requestName(clusterId) }, signal),
    signal,
  );
  if (approved === undefined) return undefined;
  return await createParent(deps, clusterId, keys, { ...approved, last }, signal);
}

async function createParent(
  { options, child, log }: RegisterDeps,
  clusterId: string,
  keys: SealKeys,
  { request, issued, last }: Approved & Pick<Earlier, 'last'>,
  signal: AbortSignal,
): Promise<Parent> {
  const { metadata, status } = request;
  const clusterName = metadata.labels?.[LABELS.clusterName] ?? status?.managedClusterName ?? '';
  const parentCa = Buffer.from(status?.caCertificate ?? '', 'base64').toString('utf8');
  // A load balancer may show a certificate of another CA than the parent's own: both count.
  const caPem = [parentCa, options.parentCaPem ?? ''].filter((pem) => pem !== '').join('\n');
  const namespace = status?.dedicatedNamespace ?? '';
  let current = issued;
  const credential: ParentCredential = {
    get token() {
      return current.token;
    },
    caPem,
    namespace,
    parentUrl: options.parentUrl,
    formerNamespaces: listNamespaces(last).filter((name) => name !== namespace),
  };
  const keep = (inner: AbortSignal): Promise<void> =>
    applyParentCredential(child, options.systemNamespace, credential, { clusterId, clusterName }, inner);
  await keep(signal);
  const dedicated = createTransport(
    connectionOf(options, { caPem }, () => current.token),
    {
      rateLimit: { qps: options.kubeQps, burst: options.kubeBurst },
    },
  );
  log.info('registered', { clusterId, clusterName, namespace });
  return {
    client: createKubeClient(dedicated),
    credential,
    keys,
    clusterId,
    clusterName,
    request,
    expiresMs: () => current.expiresMs,
    replace: (next, inner) => {
      current = next;
      return keep(inner);
    },
    [Symbol.asyncDispose]: () => dedicated[Symbol.asyncDispose](),
  };
}

async function waitForApproval(
  { clock, random, log }: RegisterDeps,
  keys: SealKeys,
  get: () => Promise<ClusterRegistrationRequest>,
  signal: AbortSignal,
): Promise<Approved | undefined> {
  let lastResult: string | undefined;
  for (let polls = 1; ; polls += 1) {
    const request = await get();
    const { result, errorMessage } = request.status ?? {};
    const issued = result === 'Approved' ? readCredential(request, keys) : undefined;
    if (issued !== undefined) return { request, issued };
    if (result !== undefined && result !== 'Approved' && result !== lastResult) {
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

function createRequest(
  { options, random }: RegisterDeps,
  clusterId: string,
  keys: SealKeys,
  last: ParentCredential | undefined,
): ClusterRegistrationRequest {
  const former = listNamespaces(last).join(',');
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
      annotations: {
        [ANNOTATIONS.credentialKey]: keys.publicKey,
        // The request that knew of them may have been deleted; what was delivered then is still here.
        ...(former === '' ? {} : { [ANNOTATIONS.formerNamespaces]: former }),
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

/** The dedicated namespaces there were up to now, oldest first. */
function listNamespaces(last: ParentCredential | undefined): readonly string[] {
  if (last === undefined) return [];
  return planFormerNamespaces(last.formerNamespaces, last.namespace).split(',');
}

function connectionOf(
  { parentUrl, parentProxy, agentVersion }: AgentOptions,
  trust: Pick<ConnectionConfig, 'caPem' | 'insecureSkipVerify'>,
  getToken: () => string,
): ConnectionConfig {
  const userAgent = `clusternet-agent/${agentVersion}`;
  const getHeaders = (): Promise<Record<string, string>> =>
    Promise.resolve({ authorization: `Bearer ${getToken()}` });
  const way = parentProxy === undefined ? {} : { dial: createProxyDial(parentProxy) };
  return { server: parentUrl, name: 'parent', userAgent, getHeaders, ...trust, ...way };
}

function connect(
  options: AgentOptions,
  trust: Pick<ConnectionConfig, 'caPem' | 'insecureSkipVerify'>,
  token: string,
): Transport {
  return createTransport(connectionOf(options, trust, () => token));
}
