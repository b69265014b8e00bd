import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { encodeBase64, encodeUtf8 } from '@clusternet/kube-data';
import type { ConnectionConfig } from './connection-config.ts';
import { ApiError } from './errors.ts';

/** What we use of a `KubeConfig` of `@kubernetes/client-node`, whichever version it is of. */
export interface KubeConfigLike {
  getCurrentCluster(): {
    readonly server: string;
    readonly skipTLSVerify: boolean;
    readonly tlsServerName?: string;
  } | null;
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

/**
 * A connection to the current cluster of a `KubeConfig`, with its rules for credentials and their renewal. Client certificates
 * that a plugin gives are taken once.
 *
 * @param what - names it in errors
 * @throws {ApiError} `INVALID_CONFIG` when it has no current cluster, or its plugin fails
 */
export async function fromKubeConfig(
  config: KubeConfigLike,
  what = 'the KubeConfig',
): Promise<ConnectionConfig> {
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new ApiError('INVALID_CONFIG', `${what} has no current cluster; set its context`);
  const ask = async (): Promise<RequestOptions> => {
    const options: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw new ApiError('INVALID_CONFIG', `the credential plugin of ${what} failed`, { cause });
    }
    return options;
  };
  const first = await ask();
  return {
    server: cluster.server,
    insecureSkipVerify: cluster.skipTLSVerify,
    ...pem('caPem', first.ca),
    ...pem('certPem', first.cert),
    ...pem('keyPem', first.key),
    ...(cluster.tlsServerName === undefined ? {} : { serverName: cluster.tlsServerName }),
    getHeaders: async () => {
      const { headers, auth } = await ask();
      const own = headersOf(headers);
      if (typeof auth === 'string') own['authorization'] ??= `Basic ${base64(auth)}`;
      return own;
    },
  };
}

function headersOf(headers: RequestOptions['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name.toLowerCase(), String(value)]],
    ),
  );
}

function pem<K extends string>(key: K, value: unknown): { readonly [P in K]?: string } {
  const text = Buffer.isBuffer(value) ? value.toString('utf8') : value;
  return (typeof text === 'string' ? { [key]: text } : {}) as { readonly [P in K]?: string };
}

const PROVIDER = 'clusternet';

/**
 * A `KubeConfig` for the clients of `@kubernetes/client-node`, which asks the connection for its credential before each
 * request. What it writes to a file has no credential in it.
 *
 * @param connection - such as that of a child: `await fleet.cluster('east').getConnection()`
 */
export async function toKubeConfig(connection: ConnectionConfig): Promise<KubeConfig> {
  const { KubeConfig: Config } = await import('@kubernetes/client-node/dist/config.js');
  const { server, caPem, certPem, keyPem, serverName, insecureSkipVerify = false } = connection;
  const config = new Config();
  config.loadFromClusterAndUser(
    {
      name: PROVIDER,
      server,
      skipTLSVerify: insecureSkipVerify,
      ...(caPem === undefined ? {} : { caData: base64(caPem) }),
      ...(serverName === undefined ? {} : { tlsServerName: serverName }),
    },
    {
      name: PROVIDER,
      authProvider: { name: PROVIDER },
      ...(certPem === undefined ? {} : { certData: base64(certPem) }),
      ...(keyPem === undefined ? {} : { keyData: base64(keyPem) }),
    },
  );
  config.addAuthenticator({
    isAuthProvider: ({ authProvider }) => (authProvider as { name?: string } | undefined)?.name === PROVIDER,
    applyAuthentication: async (_user, options) => {
      const headers = (await connection.getHeaders?.()) ?? {};
      const several = Object.keys(headers).find(
        (name) => Array.isArray(headers[name]) && headers[name].length > 1,
      );
      if (several !== undefined)
        throw new ApiError(
          'INVALID_CONFIG',
          `@kubernetes/client-node cannot send several ${several}; give one at most`,
        );
      for (const [name, value] of Object.entries(headers))
        options.headers = { ...(options.headers as Record<string, string>), [name]: String(value) };
    },
  });
  return config;
}

function base64(text: string): string {
  return encodeBase64(encodeUtf8(text));
}
