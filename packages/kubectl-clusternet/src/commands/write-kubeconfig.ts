import { isJsonObject, parseJson } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import type { ConnectionConfig } from '@clusternet/client';

/**
 * A kubeconfig that leads into a cluster through the parent, for any client of Kubernetes.
 *
 * @param parent - the parent's, with one context and everything in it, JSON
 * @param headers - of the connection to the child: those that impersonate are kept, as the file can say them
 */
export function writeChildKubeconfig(
  parent: string,
  child: Pick<ConnectionConfig, 'server'>,
  name: string,
  headers: Readonly<Record<string, readonly string[] | string>>,
): string {
  const config = parseJson(parent);
  const entry = (list: string, key: string): JsonObject => {
    const entries = isJsonObject(config) ? config[list] : undefined;
    const [first = null] = Array.isArray(entries) ? entries : [];
    const value = isJsonObject(first) ? (first[key] ?? null) : null;
    return isJsonObject(value) ? value : {};
  };
  const cluster = { ...entry('clusters', 'cluster'), server: child.server };
  const user = { ...entry('users', 'user'), ...impersonation(headers) };
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster }],
      users: [{ name, user }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    },
    null,
    2,
  )}\n`;
}

const EXTRA = 'impersonate-extra-';

function impersonation(headers: Readonly<Record<string, readonly string[] | string>>): JsonObject {
  const as = headers['impersonate-user'];
  if (as === undefined) return {};
  const extra = Object.entries(headers)
    .filter(([key]) => key.startsWith(EXTRA))
    .map(([key, value]) => [key.slice(EXTRA.length), [value].flat()]);
  const groups = [headers['impersonate-group'] ?? []].flat();
  return {
    as: [as].flat()[0] ?? '',
    ...(groups.length === 0 ? {} : { 'as-groups': groups }),
    ...(extra.length === 0 ? {} : { 'as-user-extra': Object.fromEntries(extra) as JsonObject }),
  };
}
