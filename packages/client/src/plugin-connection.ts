import type { RequestOptions } from 'node:https';
import { dirname, resolve } from 'node:path';
import type { ConnectionConfig } from './connection-config.ts';
import { ApiError } from './errors.ts';
import type { ParsedKubeconfig } from './kubeconfig-parser.ts';

/**
 * A connection whose credentials come from a plugin (exec, OIDC and other auth providers), with the refresh
 * rules of `@kubernetes/client-node`. That library costs 300 ms and 60 MiB to load, so only a kubeconfig that
 * needs it pays. Client certificates that a plugin gives are taken once, at the start.
 *
 * @throws {ApiError} `INVALID_CONFIG` when the plugin fails
 */
export async function createPluginConnection(
  text: string,
  parsed: ParsedKubeconfig,
  path: string,
): Promise<ConnectionConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  config.loadFromString(text);
  config.setCurrentContext(parsed.context);
  config.makePathsAbsolute(dirname(resolve(path)));
  const ask = async (): Promise<RequestOptions> => {
    const options: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw new ApiError('INVALID_CONFIG', `the credential plugin of ${path} failed`, { cause });
    }
    return options;
  };
  const first = await ask();
  return {
    server: parsed.server,
    insecureSkipVerify: parsed.insecureSkipVerify,
    ...pem('caPem', first.ca),
    ...pem('certPem', first.cert),
    ...pem('keyPem', first.key),
    ...(parsed.serverName === undefined ? {} : { serverName: parsed.serverName }),
    getHeaders: async () => {
      const { headers } = await ask();
      return Object.fromEntries(
        Object.entries(headers ?? {}).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, String(value)]],
        ),
      );
    },
  };
}

function pem<K extends string>(key: K, value: unknown): { readonly [P in K]?: string } {
  const text = Buffer.isBuffer(value) ? value.toString('utf8') : value;
  return (typeof text === 'string' ? { [key]: text } : {}) as { readonly [P in K]?: string };
}
