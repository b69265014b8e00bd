import { API_VERSIONS } from '@clusternet/api-types';
import { createKubeClient, isApiError } from '@clusternet/client';
import type { ConnectionConfig } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import { errorText, isDeadlineError, withTimeout } from '@clusternet/runtime';
import type { Target } from '../across/choose-clusters.ts';
import { openCluster } from '../across/open-cluster.ts';
import type { DoorFailure } from '../door/open-door.ts';

const LIMIT_MS = 5000;

/** Whether kubectl is better stopped: it would go on and say at length, and less clearly, that the way does not work. */
export function isFatal({ method, status, isFirst }: DoorFailure, isChild: boolean): boolean {
  if (!isFirst || method !== 'GET') return false;
  if (status === undefined || status === 401) return true;
  return isChild && [400, 403, 502, 503, 504].includes(status);
}

/**
 * The sentence for a way that does not work: what it says when it is asked again.
 * @param connection - to the parent, with the credential for whoever is behind it
 * @param target - undefined for the parent itself
 * @param url - below that
 */
export async function describeFatal(
  connection: ConnectionConfig,
  target: Target | undefined,
  url: string,
  signal: AbortSignal,
): Promise<string> {
  await using transport = createTransport({ ...connection, name: 'parent' });
  const client = target === undefined ? createKubeClient(transport) : openCluster(transport, target);
  const request = { method: 'GET', path: url, what: 'discover what there is' } as const;
  try {
    await withTimeout(LIMIT_MS, signal, request.what, (limited) => client.raw(request, limited));
    return `${client.transport.hop} did not answer a moment ago, and does now: try again`;
  } catch (error) {
    if (isApiError(error) || isDeadlineError(error)) return errorText(error);
    throw error;
  }
}

export interface Failure {
  readonly program: string;
  /** Of all answers of 400 and above that kubectl got. */
  readonly statuses: ReadonlySet<number>;
  /** As it was named; undefined for templates. */
  readonly cluster: string | undefined;
  readonly hasChildKubeconfig: boolean;
}

/** What helps beside what was said already; empty where nothing of ours is in the way. @param isServed - templates */
export function planHint(failure: Failure, isServed: boolean): string {
  const { program, statuses, cluster, hasChildKubeconfig } = failure;
  if (cluster === undefined) {
    if (statuses.has(401))
      return 'the parent does not take your login, which has run out or was never one of its own: log in anew';
    return isServed ? '' : `this parent serves no templates: \`${program} doctor\` says why`;
  }
  if (statuses.has(401)) {
    return hasChildKubeconfig
      ? `${cluster} does not take the login in --child-kubeconfig, or the parent yours: one of them has run out`
      : 'the parent does not take your login, or the cluster behind it does not: log in anew';
  }
  if (statuses.has(403) && !hasChildKubeconfig)
    return `${cluster} refused something: without --child-kubeconfig you arrive as yourself, or as nobody where it has not named you (docs/guides/visiting.md, "As yourself")`;
  const isInTheWay = [400, 502, 503, 504].some((status) => statuses.has(status));
  return isInTheWay
    ? `if it is the way to ${cluster} that fails: \`${program} doctor ${cluster}\` says where`
    : '';
}

/** Whether a parent serves templates; asked once kubectl has met with an answer that says that it may not. */
export async function isServingTemplates(
  connection: ConnectionConfig,
  signal: AbortSignal,
): Promise<boolean> {
  await using transport = createTransport(connection);
  const request = {
    method: 'GET',
    path: `/apis/${API_VERSIONS.shadow}`,
    what: 'discover templates',
  } as const;
  try {
    await withTimeout(LIMIT_MS, signal, request.what, (limited) =>
      createKubeClient(transport).raw(request, limited),
    );
    return true;
  } catch (error) {
    if (isApiError(error, 'NOT_FOUND', 'UNAVAILABLE')) return false;
    if (isApiError(error) || isDeadlineError(error)) return true; // something else is wrong, which kubectl has said
    throw error;
  }
}
