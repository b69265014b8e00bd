import { EXTRAS, IMPERSONATED_USER } from '@clusternet/api-types/constants';
import { encodeBase64, encodeUtf8 } from '@clusternet/kube-data';
import type { ConnectionConfig } from './connection-config.ts';
import { ApiError } from './errors.ts';

/** Whom to be in a child, if the credential may impersonate them there. */
export interface ChildImpersonation {
  readonly user: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
}

/** How to prove who one is to a child cluster. It travels as impersonation extras, see docs/spec/proxy.md. */
export type ChildCredential = {
  readonly as?: ChildImpersonation;
} & (
  | {
      /** A bearer token of the child. */
      readonly token: string;
    }
  | {
      /** A client certificate of the child and its key, PEM. */
      readonly certPem: string;
      readonly keyPem: string;
    }
);

type Headers = Readonly<Record<string, readonly string[] | string>>;

/** The path of a child's API below that of its parent. @param clusterId - the child's UUID */
export function childPath(clusterId: string): string {
  return `/apis/proxies.clusternet.io/v1alpha1/sockets/${encodeURIComponent(clusterId)}/proxy/direct`;
}

/**
 * The connection to a child cluster through the hub behind `parent`.
 * @param clusterId - the child's UUID
 * @param credential - without one, the caller's own identity goes along where the child lets it in
 */
export function childClusterConfig(
  parent: ConnectionConfig,
  clusterId: string,
  credential?: ChildCredential,
): ConnectionConfig {
  const server = parent.server.replace(/\/+$/, '') + childPath(clusterId);
  const name = `child cluster ${clusterId} through`;
  if (credential === undefined) return { ...parent, name, server };
  const extras = childHeaders(credential);
  return {
    ...parent,
    name,
    server,
    getHeaders: async (signal) => {
      const own = (await parent.getHeaders?.(signal)) ?? {};
      assertNotImpersonating(own);
      return { ...own, ...extras };
    },
  };
}

/** The headers in which a credential travels to a child. */
export function childHeaders(credential: ChildCredential): Headers {
  const { as } = credential;
  const extra = (name: string, value: readonly string[] | string | undefined): Headers =>
    value === undefined || value.length === 0 ? {} : { [`impersonate-extra-${name}`]: value };
  const base64 = (text: string): string => encodeBase64(encodeUtf8(text));
  return {
    'impersonate-user': IMPERSONATED_USER,
    ...('token' in credential
      ? extra(EXTRAS.token, credential.token)
      : {
          ...extra(EXTRAS.certificate, base64(credential.certPem)),
          ...extra(EXTRAS.privateKey, base64(credential.keyPem)),
        }),
    ...extra(EXTRAS.impersonateUser, as?.user),
    ...extra(EXTRAS.impersonateUid, as?.uid),
    ...extra(EXTRAS.impersonateGroup, as?.groups),
  };
}

/**
 * A credential of the child takes the place of whom the parent is asked as, so both cannot be had.
 * @throws {ApiError} `INVALID_CONFIG`
 */
export function assertNotImpersonating(headers: Headers): void {
  if (!Object.keys(headers).some((name) => name.toLowerCase() === 'impersonate-user')) return;
  throw new ApiError(
    'INVALID_CONFIG',
    'the parent is asked as somebody else already, and a credential of the child needs the same way; give one of them',
  );
}
