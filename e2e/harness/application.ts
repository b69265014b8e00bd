import type { KubeClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import { applyObjects, readObjects } from './apply-files.ts';
import { toManifest } from './shadow-form.ts';

/** Applies objects to a parent as `kubectl clusternet apply` does: our kinds as they are, the rest as Manifests. */
export async function applyToParent(client: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  const mapped = await Promise.all(
    objects.map(async (object) => {
      if (object.apiVersion.includes('.clusternet.io/')) return object;
      const { ref } = await client.resourceFor(object);
      return toManifest(object, ref.plural);
    }),
  );
  await applyObjects(client, mapped);
}

/** The objects of examples/applications, the Localization meant for `localizedNamespace`. */
export function exampleApplication(localizedNamespace: string): KubeObject[] {
  return readObjects('examples/applications').map((object) => {
    if (object.kind === 'Localization') object.metadata.namespace = localizedNamespace;
    return object;
  });
}
