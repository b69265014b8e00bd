import { API_VERSIONS } from '@clusternet/api-types';
import { createKubeClient, isApiError } from '@clusternet/client';
import type { ConnectionConfig } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import { isDeadlineError, withTimeout } from '@clusternet/runtime';

export interface Failure {
  readonly program: string;
  /** Of all answers of 400 and above that kubectl got. */
  readonly statuses: ReadonlySet<number>;
  /** As it was named; undefined for templates. */
  readonly cluster: string | undefined;
  readonly hasChildKubeconfig: boolean;
}

/** What helps beside what kubectl says itself; empty where nothing of ours is in the way. @param isServed - templates */
export function planHint(
  { program, statuses, cluster, hasChildKubeconfig }: Failure,
  isServed: boolean,
): string {
  if (statuses.has(401) && (cluster === undefined || !hasChildKubeconfig))
    return 'the parent does not take your login, or the cluster behind it does not: log in anew, and see `kubectl config view --minify`';
  if (cluster === undefined)
    return isServed ? '' : `this parent serves no templates: \`${program} doctor\` says why`;
  if (statuses.has(403) && !hasChildKubeconfig)
    return `${cluster} refused something: without --child-kubeconfig you arrive as yourself, or as nobody where it has not named you (docs/guides/visiting.md, "As yourself")`;
  const isInTheWay = [400, 502, 503, 504].some((status) => statuses.has(status));
  return isInTheWay
    ? `if it is the way to ${cluster} that fails: \`${program} doctor ${cluster}\` says where`
    : '';
}

const LIMIT_MS = 5000;

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
