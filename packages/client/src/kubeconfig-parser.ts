import { decodeBase64, decodeUtf8, isJsonObject, parseYaml } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { ApiError } from './errors.ts';

export interface KubeconfigOptions {
  /** @default the file's `current-context` */
  readonly context?: string;
  /** Named in errors. @default "kubeconfig" */
  readonly path?: string;
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
  readonly exec?: {
    readonly command: string;
    readonly args: readonly string[];
    readonly env: readonly { readonly name: string; readonly value: string }[];
    readonly apiVersion: string;
  };
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
 * Reads one context of a kubeconfig.
 * @throws {ApiError} `INVALID_CONFIG` naming the file and what is missing
 */
export function parseKubeconfig(text: string, options: KubeconfigOptions = {}): ParsedKubeconfig {
  const path = options.path ?? 'kubeconfig';
  const file = asObject(parse(text, path), path, 'the file');
  const name = options.context ?? stringOf(file['current-context']);
  if (name === undefined || name === '') throw invalid(path, 'has no current-context; name a context');
  const context = entryOf(file, 'contexts', 'context', name, path);
  const clusterName = stringOf(context['cluster']) ?? '';
  const cluster = entryOf(file, 'clusters', 'cluster', clusterName, path);
  const userName = stringOf(context['user']);
  const user = userName === undefined ? {} : entryOf(file, 'users', 'user', userName, path);
  const server = stringOf(cluster['server']);
  if (server === undefined || server === '')
    throw invalid(path, `gives no server for cluster "${clusterName}"`);
  const serverName = stringOf(cluster['tls-server-name']);
  const proxyUrl = stringOf(cluster['proxy-url']);
  return {
    context: name,
    namespace: stringOf(context['namespace']) ?? 'default',
    server,
    insecureSkipVerify: cluster['insecure-skip-tls-verify'] === true,
    ...optional('caPem', dataOf(cluster['certificate-authority-data'], path)),
    ...optional('caFile', stringOf(cluster['certificate-authority'])),
    ...optional('serverName', serverName),
    ...optional('proxyUrl', proxyUrl),
    user: parseUser(user, path),
  };
}

function parseUser(user: JsonObject, path: string): KubeconfigUser {
  const impersonate = stringOf(user['as']);
  const exec = user['exec'];
  const provider = user['auth-provider'];
  return {
    ...optional('token', stringOf(user['token'])),
    ...optional('tokenFile', stringOf(user['tokenFile'])),
    ...optional('certPem', dataOf(user['client-certificate-data'], path)),
    ...optional('certFile', stringOf(user['client-certificate'])),
    ...optional('keyPem', dataOf(user['client-key-data'], path)),
    ...optional('keyFile', stringOf(user['client-key'])),
    ...optional('username', stringOf(user['username'])),
    ...optional('password', stringOf(user['password'])),
    ...(isJsonObject(exec) ? { exec: parseExec(exec) } : {}),
    ...(isJsonObject(provider) ? { authProvider: stringOf(provider['name']) ?? 'unnamed' } : {}),
    ...(impersonate === undefined
      ? {}
      : {
          impersonate: {
            user: impersonate,
            ...optional('uid', stringOf(user['as-uid'])),
            groups: stringsOf(user['as-groups']),
            extra: new Map(
              Object.entries(isJsonObject(user['as-user-extra']) ? user['as-user-extra'] : {}).map(
                ([key, value]) => [key, stringsOf(value)],
              ),
            ),
          },
        }),
  };
}

function parseExec(exec: JsonObject): NonNullable<KubeconfigUser['exec']> {
  const env = Array.isArray(exec['env']) ? exec['env'] : [];
  return {
    command: stringOf(exec['command']) ?? '',
    args: stringsOf(exec['args']),
    apiVersion: stringOf(exec['apiVersion']) ?? 'client.authentication.k8s.io/v1',
    env: env
      .filter((entry) => isJsonObject(entry))
      .map((entry) => ({ name: stringOf(entry['name']) ?? '', value: stringOf(entry['value']) ?? '' })),
  };
}

function parse(text: string, path: string): JsonValue {
  try {
    return parseYaml(text);
  } catch (cause) {
    throw new ApiError('INVALID_CONFIG', `${path} is not YAML`, { cause });
  }
}

function entryOf(file: JsonObject, list: string, key: string, name: string, path: string): JsonObject {
  const entries = file[list];
  const found = (Array.isArray(entries) ? entries : []).find(
    (entry) => isJsonObject(entry) && entry['name'] === name,
  );
  if (!isJsonObject(found)) throw invalid(path, `has no ${key} named "${name}"`);
  return asObject(found[key] ?? null, path, `${key} "${name}"`);
}

function asObject(value: JsonValue, path: string, what: string): JsonObject {
  if (!isJsonObject(value)) throw invalid(path, `: ${what} is not a map`);
  return value;
}

function dataOf(value: JsonValue | undefined, path: string): string | undefined {
  const text = stringOf(value);
  if (text === undefined || text === '') return undefined;
  try {
    return decodeUtf8(decodeBase64(text));
  } catch (cause) {
    throw new ApiError('INVALID_CONFIG', `${path} holds data that is not base64`, { cause });
  }
}

function stringOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function stringsOf(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

function invalid(path: string, problem: string): ApiError {
  return new ApiError('INVALID_CONFIG', `${path} ${problem}`);
}
