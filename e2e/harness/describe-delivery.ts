import type { KubeObject } from '@clusternet/kube-data';
import { clustersOf } from './join-child.ts';
import { descriptions, subscriptions } from './journey.ts';
import type { Fleet } from './fleet.ts';
import { requestsOf } from './late-child.ts';

/** One line for each object that a delivery goes through, and the last lines of the hub: for errors of journeys. */
export async function describeDelivery(fleet: Fleet): Promise<string> {
  const lines: string[] = [];
  const list = async (resource: { list: () => Promise<{ items: KubeObject[] }> }): Promise<void> => {
    for (const { kind, metadata, spec, status } of (await resource.list()).items as Listed[]) {
      const { name, namespace = '', deletionTimestamp, finalizers, annotations } = metadata;
      const { raw: _raw, ...rest } = spec ?? {};
      const known = { deletionTimestamp, finalizers, annotations, spec: rest, status };
      lines.push(`${kind} ${namespace}/${name ?? ''} ${JSON.stringify(known)}`);
    }
  };
  await list(requestsOf(fleet));
  await list(clustersOf(fleet.parent.client));
  await list(subscriptions(fleet));
  await list(descriptions(fleet));
  return `\n${lines.join('\n')}\n${fleet.hub.tail()}`;
}

interface Listed extends KubeObject {
  readonly spec?: Record<string, unknown>;
  readonly status?: unknown;
}
