import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Clock } from '@clusternet/runtime';
import type { ConnectionConfig } from './connection-config.ts';
import { ApiError } from './errors.ts';
import { runExecPlugin } from './exec-credential.ts';
import type { TimedToken } from './exec-credential.ts';
import type { KubeconfigUser, ParsedKubeconfig } from './kubeconfig-parser.ts';

/** Token files are read again after so long, ms: kubelet rotates them in place. */
const TOKEN_FILE_MS = 60_000;

/** What reading a kubeconfig takes. */
export interface ConnectionDeps {
  readonly clock: Clock;
  /** Of the kubeconfig file; other files are relative to its folder. */
  readonly path: string;
  /** Environment given to exec plugins. @default none beyond what the kubeconfig adds */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Turns a parsed kubeconfig into a connection: reads the files it names, and asks its exec plugin when a
 * request needs a credential.
 *
 * @throws {ApiError} `INVALID_CONFIG` for a file that cannot be read or a kind of login that is not supported
 */
export async function createConnection(
  config: ParsedKubeconfig,
  deps: ConnectionDeps,
): Promise<ConnectionConfig> {
  const { user } = config;
  if (user.authProvider !== undefined) {
    throw new ApiError(
      'INVALID_CONFIG',
      `${deps.path} uses the auth provider "${user.authProvider}", which Kubernetes has removed; use an exec plugin`,
    );
  }
  if (config.proxyUrl !== undefined) {
    // Going past a proxy that the file asks for would reach another server, or none.
    throw new ApiError('INVALID_CONFIG', `${deps.path} asks for proxy-url, which is not supported`);
  }
  const read = (file: string | undefined): Promise<string | undefined> =>
    file === undefined ? Promise.resolve(undefined) : readRelative(file, deps.path);
  const caPem = config.caPem ?? (await read(config.caFile));
  const certPem = user.certPem ?? (await read(user.certFile));
  const keyPem = user.keyPem ?? (await read(user.keyFile));
  const { getHeaders, onUnauthorized } = createHeaderSource(user, deps);
  return {
    server: config.server,
    insecureSkipVerify: config.insecureSkipVerify,
    getHeaders,
    onUnauthorized,
    ...(caPem === undefined ? {} : { caPem }),
    ...(certPem === undefined ? {} : { certPem }),
    ...(keyPem === undefined ? {} : { keyPem }),
    ...(config.serverName === undefined ? {} : { serverName: config.serverName }),
  };
}

type HeaderSource = Required<Pick<ConnectionConfig, 'getHeaders' | 'onUnauthorized'>>;

function createHeaderSource(user: KubeconfigUser, deps: ConnectionDeps): HeaderSource {
  const source = createTokenSource(user, deps);
  const fixed: Record<string, readonly string[] | string> = {};
  if (user.username !== undefined && source === undefined) {
    const login = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64');
    fixed['authorization'] = `Basic ${login}`;
  }
  if (user.impersonate !== undefined) {
    fixed['impersonate-user'] = user.impersonate.user;
    if (user.impersonate.uid !== undefined) fixed['impersonate-uid'] = user.impersonate.uid;
    if (user.impersonate.groups.length > 0) fixed['impersonate-group'] = user.impersonate.groups;
    for (const [key, values] of user.impersonate.extra)
      fixed[`impersonate-extra-${encodeURIComponent(key)}`] = values;
  }
  return {
    getHeaders: async () =>
      source === undefined ? fixed : { ...fixed, authorization: `Bearer ${await source.get()}` },
    onUnauthorized: () => source?.drop(),
  };
}

interface TokenSource {
  get(): Promise<string>;
  /** The server refused the token: the next `get` asks for another. */
  drop(): void;
}

function createTokenSource(user: KubeconfigUser, deps: ConnectionDeps): TokenSource | undefined {
  const { exec, token, tokenFile } = user;
  if (tokenFile !== undefined) {
    return createCachedToken(deps.clock, async () => ({
      token: (await readRelative(tokenFile, deps.path)).trim(),
      untilMs: deps.clock.nowMs() + TOKEN_FILE_MS,
    }));
  }
  if (token !== undefined) return { get: () => Promise.resolve(token.trim()), drop: () => {} };
  if (exec !== undefined) return createCachedToken(deps.clock, () => runExecPlugin(exec, deps));
  return undefined;
}

/** One credential at a time, asked for once however many requests wait for it. */
function createCachedToken(clock: Clock, fetchToken: () => Promise<TimedToken>): TokenSource {
  let current: TimedToken | undefined;
  let pending: Promise<TimedToken> | undefined;
  return {
    get: async () => {
      if (current !== undefined && clock.nowMs() < current.untilMs) return current.token;
      pending ??= fetchToken().finally(() => {
        pending = undefined;
      });
      current = await pending;
      return current.token;
    },
    drop: () => {
      current = undefined;
    },
  };
}

async function readRelative(file: string, kubeconfigPath: string): Promise<string> {
  const path = resolve(dirname(kubeconfigPath), file);
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ApiError('INVALID_CONFIG', `${kubeconfigPath} names the file ${path}, which cannot be read`, {
      cause,
    });
  }
}
