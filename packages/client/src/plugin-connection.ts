import type { RequestOptions } from 'node:https';
import type { ConnectionConfig } from './connection-config.ts';
import type { ParsedKubeconfig } from './kubeconfig-parser.ts';

/**
 * A connection whose credentials come from a plugin (exec, OIDC and other auth providers), with the refresh
 * rules of `@kubernetes/client-node`. That library costs 300 ms and 60 MiB to load, so only a kubeconfig that
 * needs it pays.
 */
export async function createPluginConnection(
  text: string,
  parsed: ParsedKubeconfig,
): Promise<ConnectionConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  config.loadFromString(text);
  config.setCurrentContext(parsed.context);
  const ask = async (): Promise<RequestOptions> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
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
