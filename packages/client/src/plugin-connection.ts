import { dirname, resolve } from 'node:path';
import type { ConnectionConfig } from './connection-config.ts';
import { fromKubeConfig } from './kube-config-bridge.ts';
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
  const { server, insecureSkipVerify, serverName } = parsed;
  return {
    ...(await fromKubeConfig(config, path)),
    server,
    insecureSkipVerify,
    ...(serverName === undefined ? {} : { serverName }),
  };
}
