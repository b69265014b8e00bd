import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isJsonObject, parseJson } from '@clusternet/kube-data';
import type { Clock } from '@clusternet/runtime';
import type { ConnectionConfig } from './connection-config.ts';
import { ApiError } from './errors.ts';
import type { KubeconfigUser, ParsedKubeconfig } from './kubeconfig-parser.ts';

/** Token files are read again after so long, ms: kubelet rotates them in place. */
const TOKEN_FILE_MS = 60_000;
/** Exec credentials are asked for again so long before they expire, ms. */
const EXEC_MARGIN_MS = 60_000;
const EXEC_TIMEOUT_MS = 60_000;

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
  const read = (file: string | undefined): Promise<string | undefined> =>
    file === undefined ? Promise.resolve(undefined) : readRelative(file, deps.path);
  const caPem = config.caPem ?? (await read(config.caFile));
  const certPem = user.certPem ?? (await read(user.certFile));
  const keyPem = user.keyPem ?? (await read(user.keyFile));
  return {
    server: config.server,
    insecureSkipVerify: config.insecureSkipVerify,
    getHeaders: createHeaderSource(user, deps),
    ...(caPem === undefined ? {} : { caPem }),
    ...(certPem === undefined ? {} : { certPem }),
    ...(keyPem === undefined ? {} : { keyPem }),
    ...(config.serverName === undefined ? {} : { serverName: config.serverName }),
  };
}

type HeaderSource = NonNullable<ConnectionConfig['getHeaders']>;

function createHeaderSource(user: KubeconfigUser, deps: ConnectionDeps): HeaderSource {
  const getToken = createTokenSource(user, deps);
  const fixed: Record<string, readonly string[] | string> = {};
  if (user.username !== undefined && user.token === undefined) {
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
  return async () => {
    const token = await getToken();
    return token === undefined ? fixed : { ...fixed, authorization: `Bearer ${token}` };
  };
}

function createTokenSource(user: KubeconfigUser, deps: ConnectionDeps): () => Promise<string | undefined> {
  const { exec, tokenFile } = user;
  if (tokenFile !== undefined) {
    return cached(deps.clock, async () => {
      const token = (await readRelative(tokenFile, deps.path)).trim();
      return { token, untilMs: deps.clock.nowMs() + TOKEN_FILE_MS };
    });
  }
  if (user.token !== undefined) return () => Promise.resolve(user.token);
  if (exec !== undefined) return cached(deps.clock, () => runExecPlugin(exec, deps));
  return () => Promise.resolve(undefined);
}

interface TimedToken {
  readonly token: string;
  readonly untilMs: number;
}

/** One credential at a time, asked for once however many requests wait for it. */
function cached(clock: Clock, fetchToken: () => Promise<TimedToken>): () => Promise<string> {
  let current: TimedToken | undefined;
  let pending: Promise<TimedToken> | undefined;
  return async () => {
    if (current !== undefined && clock.nowMs() < current.untilMs) return current.token;
    pending ??= fetchToken().finally(() => {
      pending = undefined;
    });
    current = await pending;
    return current.token;
  };
}

async function runExecPlugin(
  exec: NonNullable<KubeconfigUser['exec']>,
  deps: ConnectionDeps,
): Promise<TimedToken> {
  const spec = { interactive: false };
  const env = {
    ...deps.env,
    ...Object.fromEntries(exec.env.map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion: exec.apiVersion, kind: 'ExecCredential', spec }),
  };
  const output = await new Promise<string>((fulfil, reject) => {
    execFile(exec.command, [...exec.args], { env, timeout: EXEC_TIMEOUT_MS }, (error, stdout) => {
      if (error === null) fulfil(stdout);
      else
        reject(
          new ApiError('INVALID_CONFIG', `the credential plugin "${exec.command}" failed`, { cause: error }),
        );
    });
  });
  const credential = parseJson(output);
  const status = isJsonObject(credential) && isJsonObject(credential['status']) ? credential['status'] : {};
  if (typeof status['token'] !== 'string') {
    throw new ApiError('INVALID_CONFIG', `the credential plugin "${exec.command}" gave no token`);
  }
  const expiry =
    typeof status['expirationTimestamp'] === 'string' ? Date.parse(status['expirationTimestamp']) : NaN;
  return { token: status['token'], untilMs: Number.isNaN(expiry) ? Infinity : expiry - EXEC_MARGIN_MS };
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
