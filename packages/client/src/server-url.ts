import type { ConnectionConfig } from './connection-config.ts';
import { ApiError } from './errors.ts';

/** @throws {ApiError} `INVALID_CONFIG` when it is not an http(s) URL */
export function parseServer(server: string): { readonly origin: string; readonly basePath: string } {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw new ApiError('INVALID_CONFIG', `"${server}" is not the URL of a server; write https://host:port`);
  return { origin: url.origin, basePath: url.pathname.replace(/\/+$/, '') };
}

/** What a server is and where, for errors. @throws {ApiError} `INVALID_CONFIG` */
export function hopOf({ name = 'kube-apiserver', server }: ConnectionConfig): string {
  const { origin, basePath } = parseServer(server);
  return `${name} ${origin}${basePath}`;
}
