import { createKubeClient } from '@clusternet/client';
import { createProxyDial } from '@clusternet/client/proxy';
import { createTransport } from '@clusternet/client/undici';
import { isJsonObject, parseYamlDocuments } from '@clusternet/kube-data';
import { verifyDetachedJws } from '@clusternet/pki';
import type { AgentOptions } from '../options.ts';

/** Data of ConfigMap `kube-public/cluster-info`, as kubeadm makes it: whoever answered, nobody vouches for it yet. */
export interface ClusterInfo {
  /** YAML, with the address and the CA of the cluster. */
  readonly kubeconfig: string;
  /** By the id of the bootstrap token that signed `kubeconfig`. */
  readonly signatures: ReadonlyMap<string, string>;
}

const PATH = '/api/v1/namespaces/kube-public/configmaps/cluster-info';
const SIGNATURE = 'jws-kubeconfig-';

/** Reads `cluster-info` of the parent without trust and without a credential. @throws when it cannot be read */
export async function fetchClusterInfo(
  { parentUrl, parentProxy }: Pick<AgentOptions, 'parentProxy' | 'parentUrl'>,
  signal: AbortSignal,
): Promise<ClusterInfo> {
  await using transport = createTransport({
    server: parentUrl,
    name: 'parent',
    insecureSkipVerify: true,
    ...(parentProxy === undefined ? {} : { dial: createProxyDial(parentProxy) }),
  });
  const what = 'get ConfigMap kube-public/cluster-info';
  const info = await createKubeClient(transport).rawJson({ method: 'GET', path: PATH, what }, signal);
  const { data = {} } = info as { readonly data?: Readonly<Record<string, string>> };
  return {
    kubeconfig: data['kubeconfig'] ?? '',
    signatures: new Map(
      Object.entries(data)
        .filter(([key]) => key.startsWith(SIGNATURE))
        .map(([key, value]) => [key.slice(SIGNATURE.length), value]),
    ),
  };
}

/** The CA that is published, PEM: that of the only cluster, which has no name. */
export function readPublishedCa({ kubeconfig }: ClusterInfo): string | undefined {
  const [published = null] = parseYamlDocuments(kubeconfig);
  const clusters = isJsonObject(published) ? published['clusters'] : undefined;
  const [first = null] = Array.isArray(clusters) ? clusters : [];
  const cluster = isJsonObject(first) ? (first['cluster'] ?? null) : null;
  const data = isJsonObject(cluster) ? cluster['certificate-authority-data'] : undefined;
  return typeof data === 'string' && data !== '' ? Buffer.from(data, 'base64').toString('utf8') : undefined;
}

const BOOTSTRAP_TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;

/** The CA that is published, if the holder of this bootstrap token signed it; undefined for other tokens too. */
export function readSignedCa(info: ClusterInfo, token: string): string | undefined {
  const [, id = '', secret = ''] = BOOTSTRAP_TOKEN.exec(token) ?? [];
  const signature = info.signatures.get(id);
  if (signature === undefined || !verifyDetachedJws(info.kubeconfig, signature, id, secret)) return undefined;
  return readPublishedCa(info);
}

/** Whether a token can vouch for anything. */
export function isBootstrapToken(token: string): boolean {
  return BOOTSTRAP_TOKEN.test(token);
}
