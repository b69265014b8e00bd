import { clusternetRef, isApiError } from '@clusternet/client';
import type { KubeClient, ResourceClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import { applyToParent } from '../../harness/application.ts';
import type { Change, Wish } from './wishes.ts';
import { objectsOf } from './wishes.ts';

export const NAMESPACE = 'chaos';
const API = 'apps.clusternet.io/v1alpha1';
const feedOf = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: NAMESPACE, name });

/**
 * Brings the parent to what a wish says. Safe to repeat: whoever is killed in between is asked again.
 * @returns false when that has to wait, since the former Subscription of that name is still on its way out
 */
export async function writeWish(
  client: KubeClient,
  wish: Wish,
  change: Change,
  namespaces: readonly string[],
): Promise<boolean> {
  switch (change) {
    case 'templates':
      await applyToParent(
        client,
        ['a', 'b'].map((part) => template(`${wish.name}-${part}`, wish.version)),
      );
      return true;
    case 'localization':
      await writeLocalization(client, wish, namespaces);
      return true;
    case 'subscription': {
      const resource = client.resource(clusternetRef('Subscription'));
      if (!wish.exists) {
        await remove(resource, 'default', wish.name);
        return true;
      }
      // One that is on its way out takes changes, and takes them with it.
      if (await isLeaving(resource, wish.name)) return false;
      await applyToParent(client, [subscription(wish)]);
      return true;
    }
  }
}

function template(name: string, version: number): KubeObject {
  const metadata = { namespace: NAMESPACE, name };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { version: `${version}` } };
}

function subscription(wish: Wish): KubeObject {
  return {
    apiVersion: API,
    kind: 'Subscription',
    metadata: { namespace: 'default', name: wish.name },
    spec: {
      subscribers: [{ clusterAffinity: { matchLabels: { [`chaos-${wish.group}`]: 'yes' } } }],
      feeds: objectsOf(wish).map(feedOf),
    },
  };
}

async function writeLocalization(
  client: KubeClient,
  { name, local }: Wish,
  namespaces: readonly string[],
): Promise<void> {
  const resource = client.resource(clusternetRef('Localization'));
  for (const [index, namespace] of namespaces.entries()) {
    if (local?.cluster !== index) await remove(resource, namespace, name);
  }
  const namespace = namespaces[local?.cluster ?? -1];
  if (local === undefined || namespace === undefined) return;
  const value = JSON.stringify({ data: { local: local.text } });
  await applyToParent(client, [
    {
      apiVersion: API,
      kind: 'Localization',
      metadata: { namespace, name },
      spec: {
        overridePolicy: 'ApplyNow',
        feed: feedOf(`${name}-a`),
        overrides: [{ name: 'local', type: 'MergePatch', value }],
      },
    },
  ]);
}

async function remove(resource: ResourceClient, namespace: string, name: string): Promise<void> {
  try {
    await resource.delete({ namespace, name });
  } catch (error) {
    if (!isApiError(error, 'NOT_FOUND')) throw error;
  }
}

async function isLeaving(resource: ResourceClient, name: string): Promise<boolean> {
  try {
    const { metadata } = await resource.get({ namespace: 'default', name });
    return metadata.deletionTimestamp !== undefined;
  } catch (error) {
    if (isApiError(error, 'NOT_FOUND')) return false;
    throw error;
  }
}
