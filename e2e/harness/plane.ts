import type { ConnectionConfig, KubeClient } from '@clusternet/client';

/** A Kubernetes control plane that a journey uses; embedded and real ones look alike. */
export interface Plane extends AsyncDisposable {
  readonly name: string;
  readonly kind: 'embedded' | 'real';
  /** `https://127.0.0.1:port` */
  readonly server: string;
  readonly caPem: string;
  /** Of a cluster administrator. */
  readonly connection: ConnectionConfig;
  readonly client: KubeClient;
  /** YAML for a cluster administrator. */
  readonly kubeconfig: string;
  /** Makes every version so far too old for watches. A real one finds versions from before its start too old. */
  readonly compact?: () => void;
  /** Kills the API server, not what it stores. @returns what starts it again. An embedded one stores in memory. */
  readonly killApi?: () => Promise<() => Promise<void>>;
}

/** A kubeconfig with one context. */
export function formatKubeconfig(options: {
  readonly name: string;
  readonly server: string;
  readonly caPem: string;
  readonly user: { readonly certPem: string; readonly keyPem: string } | { readonly token: string };
}): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const { name, server, caPem, user } = options;
  const login =
    'token' in user
      ? { token: user.token }
      : { 'client-certificate-data': base64(user.certPem), 'client-key-data': base64(user.keyPem) };
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(caPem) } }],
      users: [{ name, user: login }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    },
    null,
    2,
  )}\n`;
}
