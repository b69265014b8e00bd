import { parseYaml, stringifyYaml } from '@clusternet/kube-data';

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: unknown }];
  readonly users: readonly [{ readonly user: unknown }];
}

/**
 * Joins kubeconfigs of one context each into one, whose contexts are called like the clusters.
 *
 * @param files - shape `[n]`, at least 1; the first is the current one. YAML as a control plane writes it
 */
export function joinKubeconfigs(
  files: readonly { readonly name: string; readonly kubeconfig: string }[],
): string {
  const parsed = files.map(({ name, kubeconfig }) => {
    const { clusters, users } = parseYaml(kubeconfig) as unknown as Kubeconfig; // we wrote it ourselves
    return { name, cluster: clusters[0].cluster, user: users[0].user };
  });
  return stringifyYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: parsed.map(({ name, cluster }) => ({ name, cluster })),
    users: parsed.map(({ name, user }) => ({ name, user })),
    contexts: parsed.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
    'current-context': files[0]?.name ?? '',
  });
}
