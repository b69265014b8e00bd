import { isJsonObject, parseJson } from '@clusternet/kube-data';
import { ApiError } from '../errors.ts';
import type { ApiErrorCode } from '../errors.ts';

/** One sort of failure on the way to a child. */
interface WayFailure {
  readonly statuses: readonly number[];
  readonly message: RegExp;
  readonly code: ApiErrorCode;
  /** Who failed, and the way out. */
  readonly explain: (cluster: string, parent: string, message: string) => string;
}

const FAILURES: readonly WayFailure[] = [
  {
    statuses: [400],
    message: /^no cluster id is /,
    code: 'UNKNOWN_CLUSTER',
    explain: (cluster, parent) =>
      `the hub behind ${parent} knows no cluster ${cluster}; list the ManagedClusters there`,
  },
  {
    statuses: [400, 500, 503],
    message:
      /whose agent is disconnected|failed to find Session for client|cannot retrieve valid apiserver url/,
    code: 'CLUSTER_OFFLINE',
    explain: (cluster, parent, message) =>
      `cluster ${cluster} is offline: the hub behind ${parent} has no tunnel to its agent (${message})`,
  },
  {
    statuses: [503, 504],
    message: /^hub → /,
    code: 'CLUSTER_OFFLINE',
    explain: (cluster, parent, message) =>
      `cluster ${cluster} cannot be reached from the hub behind ${parent}: ${message}`,
  },
  {
    statuses: [403],
    message:
      /^users "clusternet" is forbidden|"userextras\/clusternet-|in API group "proxies\.clusternet\.io"/,
    code: 'FORBIDDEN',
    explain: (cluster, parent, message) =>
      `${parent} does not let you visit cluster ${cluster}: ${message}; bind the ClusterRole clusternet:system:socketsproxy`,
  },
];

/**
 * Tells failures of the way to a child from answers of the child itself.
 *
 * @param cluster - as the caller named it
 * @param parent - the hop before the child
 * @param text - of the answer
 * @returns undefined when it is the child's own answer
 * @see docs/spec/proxy.md, "Errors"
 */
export function explainWay(
  cluster: string,
  parent: string,
  status: number,
  text: string,
): ApiError | undefined {
  const { message, reason } = readStatus(text);
  const found = FAILURES.find(
    (failure) => failure.statuses.includes(status) && failure.message.test(message),
  );
  if (found === undefined) return undefined;
  return new ApiError(found.code, found.explain(cluster, parent, hideSecret(message)), {
    status,
    hop: found.code === 'FORBIDDEN' ? parent : `hub behind ${parent}`,
    ...(reason === undefined ? {} : { reason }),
  });
}

/** kube-apiserver names an extra that may not be impersonated by its value, which is the credential. */
function hideSecret(message: string): string {
  return message.replace(/^(userextras[^ "]* )"[^"]*"/, '$1"…"');
}

function readStatus(text: string): { readonly message: string; readonly reason?: string } {
  try {
    const body = parseJson(text);
    if (!isJsonObject(body) || typeof body['message'] !== 'string') return { message: '' };
    const { message, reason } = body;
    return typeof reason === 'string' ? { message, reason } : { message };
  } catch {
    return { message: '' }; // only a Status can be told apart
  }
}
