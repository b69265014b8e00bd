import { readFile } from 'node:fs/promises';
import { systemClock } from '@clusternet/runtime';
import type { Clock } from '@clusternet/runtime';
import type { ConnectionConfig } from './connection-config.ts';
import { ApiError } from './errors.ts';
import { createConnection } from './kubeconfig-connection.ts';
import { parseKubeconfig } from './kubeconfig-parser.ts';
import { createPluginConnection } from './plugin-connection.ts';

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN_FILE_MS = 60_000;

/** Where a long-running program finds its credential. */
export interface LoadConnectionOptions {
  /** Path of a kubeconfig. Empty or absent means the service account of the pod. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** The process environment: the pod's API address, and what exec plugins inherit. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** @default the system's */
  readonly clock?: Clock;
}

/**
 * Finds out how a long-running program reaches its Kubernetes API: a kubeconfig, or the pod it runs in.
 * @throws {ApiError} `INVALID_CONFIG` naming the file and what is wrong with it
 */
export async function loadConnection(options: LoadConnectionOptions): Promise<ConnectionConfig> {
  const { kubeconfig: path = '', env, clock = systemClock } = options;
  if (path === '') return loadInCluster(env, clock);
  const text = await readText(path, 'the kubeconfig');
  const parsed = parseKubeconfig(text, {
    path,
    ...(options.context === undefined ? {} : { context: options.context }),
  });
  if (parsed.user.exec !== undefined || parsed.user.authProvider !== undefined) {
    return createPluginConnection(text, parsed, path);
  }
  return createConnection(parsed, { clock, path, env });
}

async function loadInCluster(env: LoadConnectionOptions['env'], clock: Clock): Promise<ConnectionConfig> {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === undefined || host === '') {
    throw new ApiError(
      'INVALID_CONFIG',
      'not running in a pod, and no kubeconfig is given; use --kubeconfig',
    );
  }
  const missing = "the pod's service account";
  const caPem = await readText(`${SERVICE_ACCOUNT}/ca.crt`, missing);
  const tokenFile = `${SERVICE_ACCOUNT}/token`;
  let token = (await readText(tokenFile, missing)).trim();
  let readAtMs = clock.nowMs();
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    caPem,
    getHeaders: async () => {
      if (clock.nowMs() - readAtMs > TOKEN_FILE_MS) {
        token = (await readText(tokenFile, missing)).trim();
        readAtMs = clock.nowMs();
      }
      return { authorization: `Bearer ${token}` };
    },
  };
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (isMissing) throw new ApiError('INVALID_CONFIG', `${what} does not exist: there is no file ${path}`);
    throw new ApiError('INVALID_CONFIG', `${what} cannot be read`, { cause });
  }
}
