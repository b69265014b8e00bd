import { isJsonObject, parseYaml } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { ApiError } from './errors.ts';
import { createFields } from './kubeconfig-fields.ts';
import type { Fields } from './kubeconfig-fields.ts';

/** Which context of a kubeconfig. */
export interface KubeconfigOptions {
  /** @default the file's `current-context` */
  readonly context?: string;
  /** Named in errors. @default "kubeconfig" */
  readonly path?: string;
}

/** A program that gives a credential. */
export interface KubeconfigExec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly apiVersion: string;
  /** What a person may do to get the program. */
  readonly installHint?: string;
}

/** How a kubeconfig's user proves who it is. */
export interface KubeconfigUser {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly certPem?: string;
  readonly certFile?: string;
  readonly keyPem?: string;
  readonly keyFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly exec?: KubeconfigExec;
  readonly authProvider?: string;
  readonly impersonate?: {
    readonly user: string;
    readonly uid?: string;
    readonly groups: readonly string[];
    readonly extra: ReadonlyMap<string, readonly string[]>;
  };
}

/** One context of a kubeconfig, resolved. Paths are as written, relative to the file. */
export interface ParsedKubeconfig {
  readonly context: string;
  readonly namespace: string;
  readonly server: string;
  readonly caPem?: string;
  readonly caFile?: string;
  readonly serverName?: string;
  readonly insecureSkipVerify: boolean;
  readonly proxyUrl?: string;
  readonly user: KubeconfigUser;
}

/**
 * Reads one context of a kubeconfig. A field of the wrong type is an error and never passed over: a token that is
 * silently dropped makes an anonymous request.
 *
 * @throws {ApiError} `INVALID_CONFIG` naming the file and what is missing
 */
export function parseKubeconfig(text: string, options: KubeconfigOptions = {}): ParsedKubeconfig {
  const path = options.path ?? 'kubeconfig';
  const file = parse(text, path);
  const fields = createFields(file, path, 'the file');
  const name = options.context ?? fields.text('current-context') ?? '';
  if (name === '') throw invalid(path, 'has no current-context; name a context');
  const context = createFields(entryOf(file, 'contexts', 'context', name, path), path, `context "${name}"`);
  const clusterName = context.text('cluster') ?? '';
  if (clusterName === '') throw invalid(path, `names no cluster in context "${name}"`);
  const cluster = createFields(
    entryOf(file, 'clusters', 'cluster', clusterName, path),
    path,
    `cluster "${clusterName}"`,
  );
  const userName = context.text('user') ?? '';
  const user = userName === '' ? {} : entryOf(file, 'users', 'user', userName, path);
  const server = cluster.text('server') ?? '';
  if (server === '') throw invalid(path, `gives no server for cluster "${clusterName}"`);
  const parsed: ParsedKubeconfig = {
    context: name,
    namespace: context.text('namespace') ?? 'default',
    server,
    insecureSkipVerify: cluster.flag('insecure-skip-tls-verify'),
    ...optional('caPem', cluster.data('certificate-authority-data')),
    ...optional('caFile', cluster.text('certificate-authority')),
    ...optional('serverName', cluster.text('tls-server-name')),
    ...optional('proxyUrl', cluster.text('proxy-url')),
    user: parseUser(createFields(user, path, `user "${userName}"`)),
  };
  if (parsed.insecureSkipVerify && (parsed.caPem !== undefined || parsed.caFile !== undefined)) {
    throw invalid(
      path,
      `gives cluster "${clusterName}" a certificate authority and insecure-skip-tls-verify; choose one`,
    );
  }
  return parsed;
}

function parseUser(user: Fields): KubeconfigUser {
  const impersonate = user.text('as');
  const exec = user.map('exec');
  const provider = user.map('auth-provider');
  return {
    ...optional('token', user.text('token')),
    ...optional('tokenFile', user.text('tokenFile')),
    ...optional('certPem', user.data('client-certificate-data')),
    ...optional('certFile', user.text('client-certificate')),
    ...optional('keyPem', user.data('client-key-data')),
    ...optional('keyFile', user.text('client-key')),
    ...optional('username', user.text('username')),
    ...optional('password', user.text('password')),
    ...optional('exec', exec === undefined ? undefined : parseExec(exec)),
    ...optional('authProvider', provider === undefined ? undefined : (provider.text('name') ?? 'unnamed')),
    ...optional('impersonate', impersonate === undefined ? undefined : parseImpersonate(user, impersonate)),
  };
}

function parseImpersonate(user: Fields, name: string): NonNullable<KubeconfigUser['impersonate']> {
  const extra = user.map('as-user-extra');
  return {
    user: name,
    ...optional('uid', user.text('as-uid')),
    groups: user.texts('as-groups'),
    extra: new Map((extra?.keys() ?? []).map((key) => [key, extra?.texts(key) ?? []])),
  };
}

function parseExec(exec: Fields): KubeconfigExec {
  const command = exec.text('command');
  if (command === undefined) throw exec.invalid('command', 'is missing');
  return {
    command,
    args: exec.texts('args'),
    apiVersion: exec.text('apiVersion') ?? 'client.authentication.k8s.io/v1',
    env: exec
      .maps('env')
      .map((entry) => ({ name: entry.text('name') ?? '', value: entry.text('value') ?? '' })),
    ...optional('installHint', exec.text('installHint')),
  };
}

function parse(text: string, path: string): JsonObject {
  let value: JsonValue;
  try {
    value = parseYaml(text);
  } catch (cause) {
    throw new ApiError('INVALID_CONFIG', `${path} is not YAML`, { cause });
  }
  if (value === null) throw invalid(path, 'is empty');
  if (!isJsonObject(value)) throw invalid(path, 'is not a kubeconfig: it is not a map');
  return value;
}

function entryOf(file: JsonObject, list: string, key: string, name: string, path: string): JsonObject {
  const entries = file[list] ?? [];
  if (!Array.isArray(entries)) throw invalid(path, `: ${list} is not a list`);
  const found = entries.find((entry) => isJsonObject(entry) && entry['name'] === name);
  if (!isJsonObject(found)) throw invalid(path, `has no ${key} named "${name}"`);
  const value = found[key] ?? {};
  if (!isJsonObject(value)) throw invalid(path, `: ${key} "${name}" is not a map`);
  return value;
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

function invalid(path: string, problem: string): ApiError {
  return new ApiError('INVALID_CONFIG', problem.startsWith(':') ? `${path}${problem}` : `${path} ${problem}`);
}
