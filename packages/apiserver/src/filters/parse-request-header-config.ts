import { parseCertificates } from '@clusternet/pki';
import type { RequestHeaderConfig } from './certificate-authenticators.ts';

/**
 * Reads the ConfigMap `kube-system/extension-apiserver-authentication`: who the front proxy is, and which CA
 * signs the client certificates of the parent's users.
 *
 * @param data - the ConfigMap's `data`
 * @returns `requestHeader` is undefined when the parent has no front proxy
 * @throws {PkiError} `INVALID_CERTIFICATE`
 */
export function parseExtensionAuthentication(data: Readonly<Record<string, string>>): {
  readonly requestHeader: RequestHeaderConfig | undefined;
  readonly requestHeaderCaPem: string;
  readonly clientCaPem: string;
} {
  const requestHeaderCaPem = data['requestheader-client-ca-file'] ?? '';
  const clientCaPem = data['client-ca-file'] ?? '';
  if (requestHeaderCaPem === '') return { requestHeader: undefined, requestHeaderCaPem, clientCaPem };
  const requestHeader: RequestHeaderConfig = {
    cas: parseCertificates(requestHeaderCaPem),
    allowedNames: parseList(data['requestheader-allowed-names']),
    usernameHeaders: parseList(data['requestheader-username-headers']),
    uidHeaders: parseList(data['requestheader-uid-headers']),
    groupHeaders: parseList(data['requestheader-group-headers']),
    extraHeaderPrefixes: parseList(data['requestheader-extra-headers-prefix']),
  };
  return { requestHeader, requestHeaderCaPem, clientCaPem };
}

function parseList(text: string | undefined): string[] {
  if (text === undefined || text === '') return [];
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
