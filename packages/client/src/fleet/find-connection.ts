import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { ConnectionConfig } from '../connection-config.ts';
import { ApiError } from '../errors.ts';
import { loadConnection } from '../load-connection.ts';
import type { ConnectOptions } from './connect.ts';

/**
 * The connection that a person or a pod would use here.
 * @throws {ApiError} `INVALID_CONFIG` naming the file and what is wrong with it
 */
export async function findConnection({
  kubeconfig,
  context,
  env,
}: Pick<ConnectOptions, 'context' | 'env' | 'kubeconfig'>): Promise<ConnectionConfig> {
  const path = kubeconfig ?? (await findKubeconfig(env));
  return loadConnection({
    env,
    ...(path === undefined ? {} : { kubeconfig: path }),
    ...(context === undefined ? {} : { context }),
  });
}

async function findKubeconfig(env: ConnectOptions['env']): Promise<string | undefined> {
  const [named, ...others] = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  if (others.length > 0)
    throw new ApiError(
      'INVALID_CONFIG',
      'KUBECONFIG names several files; make one of them with kubectl config view --flatten, and give that',
    );
  if (named !== undefined) return named;
  const home = env['HOME'] ?? env['USERPROFILE'] ?? '';
  const path = join(home, '.kube', 'config');
  return home !== '' && (await exists(path)) ? path : undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
