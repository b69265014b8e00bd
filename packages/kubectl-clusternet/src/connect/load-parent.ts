import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { bearerHeaders } from '@clusternet/client';
import type { ConnectionConfig } from '@clusternet/client';
import { loadConnection } from '@clusternet/client/node-config';
import { isJsonObject, parseJson } from '@clusternet/kube-data';
import type { ParentFlags } from '../args/split-args.ts';
import { PluginError } from '../errors.ts';
import type { Kubectl } from '../kubectl/run-kubectl.ts';
import type { WorkFolder } from '../kubectl/work-folder.ts';

/** A kubeconfig's context, resolved. */
export interface LoadedContext {
  readonly connection: ConnectionConfig;
  /** Of the context; empty for none. */
  readonly namespace: string;
  /** The same as a kubeconfig with everything in it, JSON. */
  readonly kubeconfig: string;
}

export interface LoadDeps {
  readonly kubectl: Kubectl;
  readonly folder: WorkFolder;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Finds the parent as kubectl would: its flags, `KUBECONFIG`, `~/.kube/config`. Which file and context count is kubectl's own
 * answer.
 *
 * @throws {PluginError | ApiError} when there is none, or a file cannot be read
 */
export async function loadParent(deps: LoadDeps, flags: ParentFlags): Promise<LoadedContext> {
  const loaded = await loadContext(deps, 'parent', flags);
  return { ...loaded, connection: override(loaded.connection, flags) };
}

/** The current context of one file, or that of the flags. @param name - of a file to keep it in for this run */
export async function loadContext(
  { kubectl, folder, env }: LoadDeps,
  name: string,
  { kubeconfig, context }: Pick<ParentFlags, 'context' | 'kubeconfig'>,
): Promise<LoadedContext> {
  const which = [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
  ];
  const view = ['config', 'view', '--raw', '--minify', '--flatten', '--output=json', ...which];
  const { code, stdout, stderr } = await kubectl.ask(view);
  if (code !== 0) {
    const what = kubeconfig ?? 'the kubeconfig';
    const why = stderr
      .trim()
      .replace(/^error: /, '')
      .replaceAll(/\s+/g, ' ');
    throw new PluginError(
      'UNUSABLE',
      `${what} names no cluster to talk to; give --kubeconfig or --context${why === '' ? '' : ` (kubectl: ${why})`}`,
    );
  }
  const connection = await loadConnection({ kubeconfig: folder.write(`${name}.json`, stdout), env });
  return { connection, namespace: readNamespace(stdout), kubeconfig: stdout };
}

function readNamespace(text: string): string {
  const config = parseJson(text);
  const contexts = isJsonObject(config) ? config['contexts'] : undefined;
  const [first = null] = Array.isArray(contexts) ? contexts : [];
  const context = isJsonObject(first) ? (first['context'] ?? null) : null;
  const namespace = isJsonObject(context) ? context['namespace'] : undefined;
  return typeof namespace === 'string' ? namespace : '';
}

/** What flags say counts more than what the file says. */
function override(connection: ConnectionConfig, flags: ParentFlags): ConnectionConfig {
  const { token, as, asUid, asGroups } = flags;
  const read = (path: string): string => readFileSync(resolve(path), 'utf8');
  const getHeaders = token === undefined ? connection.getHeaders : bearerHeaders(token);
  const impersonation = {
    ...(as === undefined ? {} : { 'impersonate-user': as }),
    ...(asUid === undefined ? {} : { 'impersonate-uid': asUid }),
    ...(asGroups.length === 0 ? {} : { 'impersonate-group': asGroups }),
  };
  return {
    ...connection,
    ...(flags.server === undefined ? {} : { server: flags.server }),
    ...(flags.certificateAuthority === undefined ? {} : { caPem: read(flags.certificateAuthority) }),
    ...(flags.clientCertificate === undefined ? {} : { certPem: read(flags.clientCertificate) }),
    ...(flags.clientKey === undefined ? {} : { keyPem: read(flags.clientKey) }),
    ...(flags.tlsServerName === undefined ? {} : { serverName: flags.tlsServerName }),
    ...(flags.insecureSkipTlsVerify ? { insecureSkipVerify: true } : {}),
    getHeaders: async (signal) => ({ ...(await getHeaders?.(signal)), ...impersonation }),
  };
}
