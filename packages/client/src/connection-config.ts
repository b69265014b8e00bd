import type { DialSocket } from './proxy/dial-through-proxy.ts';

/** Where a Kubernetes API is and how to speak to it. All key material is PEM text. */
export interface ConnectionConfig {
  /** Base URL, `https://host:port[/path]`. */
  readonly server: string;
  /** What the server is, for error messages, such as `parent kube-apiserver`. @default "kube-apiserver" */
  readonly name?: string;
  /** CA bundle that the server's certificate must chain to. @default the system's store */
  readonly caPem?: string;
  readonly certPem?: string;
  readonly keyPem?: string;
  /** Name to verify the certificate against. @default the host in `server` */
  readonly serverName?: string;
  /** Accepts any certificate. @default false */
  readonly insecureSkipVerify?: boolean;
  /** Headers for every request (never logged); asked before each one, so that tokens may change. */
  readonly getHeaders?: (
    signal?: AbortSignal,
  ) => Promise<Readonly<Record<string, readonly string[] | string>>>;
  /** Told that the server refused the credential: the next request asks for a new one where it can be renewed. */
  readonly onUnauthorized?: () => void;
  /** @default "clusternet-client" */
  readonly userAgent?: string;
  /** Opens the TCP connection, below TLS, such as one through a proxy. @default directly */
  readonly dial?: DialSocket;
}

/** Headers of a connection that shows a fixed bearer token. */
export function bearerHeaders(token: string): NonNullable<ConnectionConfig['getHeaders']> {
  return () => Promise.resolve({ authorization: `Bearer ${token}` });
}
