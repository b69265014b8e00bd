import type { KubeObject } from '@clusternet/kube-data';
import type { Child } from '../child.ts';

interface PodSpec {
  readonly containers?: readonly {
    readonly command?: readonly string[];
    readonly args?: readonly string[];
  }[];
}

const API_SERVER = ['component=kube-apiserver', 'app.kubernetes.io/component=kube-apiserver'];
const CONTROLLER_MANAGER = [
  'component=kube-controller-manager',
  'app.kubernetes.io/component=kube-controller-manager',
];

/**
 * The value of a flag in the containers of a pod, as `--name=value` or `--name value`, also inside the one
 * argument of a shell.
 */
export function findFlag(pod: KubeObject, name: string): string | undefined {
  const { containers = [] } = (pod['spec'] ?? {}) as PodSpec;
  for (const { command = [], args = [] } of containers) {
    const words = [...command, ...args].flatMap((argument) => argument.trim().split(/\s+/));
    for (const [index, word] of words.entries()) {
      const value = word.startsWith(`${name}=`) ? word.slice(name.length + 1) : '';
      if (value !== '') return value;
      const next = words[index + 1];
      if (word === name && next !== undefined && !next.startsWith('-')) return next;
    }
  }
  return undefined;
}

/** Looks the service and pod address ranges up in the pods of the control plane; where those are silent, `fallback`. */
export async function findCidrs(
  child: Pick<Child, 'pods'>,
  fallback: { readonly clusterCidr: string | undefined; readonly serviceCidr: string | undefined },
  signal: AbortSignal,
): Promise<{ clusterCIDR?: string; serviceCIDR?: string }> {
  const search = async (selectors: readonly string[], flag: string): Promise<string | undefined> => {
    for (const labelSelector of selectors) {
      const { items } = await child.pods.list({ labelSelector, limit: 10 }, signal);
      for (const pod of items) {
        const value = findFlag(pod, flag);
        if (value !== undefined) return value;
      }
    }
    return undefined;
  };
  const serviceCIDR =
    (await search([...API_SERVER, ...CONTROLLER_MANAGER], '--service-cluster-ip-range')) ??
    fallback.serviceCidr;
  const clusterCIDR =
    (await search([...CONTROLLER_MANAGER, 'k8s-app=kube-proxy'], '--cluster-cidr')) ?? fallback.clusterCidr;
  return {
    ...(clusterCIDR === undefined ? {} : { clusterCIDR }),
    ...(serviceCIDR === undefined ? {} : { serviceCIDR }),
  };
}
