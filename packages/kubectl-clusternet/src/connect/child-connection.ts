import type { ConnectionConfig } from '@clusternet/client';
import type { ChildFlags } from '../args/split-args.ts';
import { PluginError } from '../errors.ts';

/** Where the API of a child is, below that of its parent. */
export function childPath(clusterId: string): string {
  return `/apis/proxies.clusternet.io/v1alpha1/sockets/${encodeURIComponent(clusterId)}/proxy/direct`;
}

type Headers = Readonly<Record<string, readonly string[] | string>>;

/**
 * The connection to a child through the hub behind `parent`: as the caller, or with a credential of the child that travels as
 * impersonation extras.
 *
 * @param child - the child's own kubeconfig; its address does not matter
 * @throws {PluginError} `UNUSABLE` for a credential that cannot travel
 * @see docs/spec/proxy.md, "Credentials for the child"
 */
export async function connectChild(
  parent: ConnectionConfig,
  clusterId: string,
  child: ConnectionConfig | undefined,
  flags: ChildFlags,
): Promise<ConnectionConfig> {
  const base = parent.server.replace(/\/+$/, '');
  const server = base + childPath(clusterId);
  if (child === undefined) return { ...parent, server };
  await getExtras(child, flags); // before anything is asked of anybody
  return {
    ...parent,
    server,
    getHeaders: async (signal) => {
      const own = (await parent.getHeaders?.(signal)) ?? {};
      if (Object.keys(own).some((name) => name.toLowerCase() === 'impersonate-user')) {
        throw new PluginError(
          'UNUSABLE',
          'the parent is asked as somebody else already (--as), and a credential of the child needs the same way; give one of them',
        );
      }
      return { ...own, 'impersonate-user': 'clusternet', ...(await getExtras(child, flags)) };
    },
  };
}

async function getExtras(child: ConnectionConfig, flags: ChildFlags): Promise<Headers> {
  const { authorization } = ((await child.getHeaders?.()) ?? {}) as Record<string, string>;
  const [, token] = /^Bearer (.+)$/.exec(authorization ?? '') ?? [];
  const { certPem, keyPem } = child;
  const hasPair = certPem !== undefined && keyPem !== undefined;
  if (token === undefined && !hasPair) {
    throw new PluginError(
      'UNUSABLE',
      'the kubeconfig of the child has neither a token nor a client certificate with its key, and nothing else can travel to it',
    );
  }
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const extra = (name: string, value: readonly string[] | string | undefined): Headers =>
    value === undefined || value.length === 0 ? {} : { [`impersonate-extra-clusternet-${name}`]: value };
  return {
    ...extra('token', token),
    ...(hasPair ? { ...extra('certificate', base64(certPem)), ...extra('privatekey', base64(keyPem)) } : {}),
    ...extra('impersonate-user', flags.as),
    ...extra('impersonate-uid', flags.asUid),
    ...extra('impersonate-group', flags.asGroups),
  };
}
