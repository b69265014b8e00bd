import { API_GROUPS } from '@clusternet/api-types';
import type { KubeClient } from '@clusternet/client';
import { objectAt, objectsAt, textAt, textsAt } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import type { ServedKind } from './find-kind.ts';

/** Everything at once, which API servers from 1.27 on have; older ones answer with the list of groups. */
const ACCEPT =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

/** The kinds of an API server that can be listed, in its preferred versions. A group that does not answer is left out. */
export async function gatherKinds(client: KubeClient, signal: AbortSignal): Promise<ServedKind[]> {
  const found = await Promise.all(
    ['/api', '/apis'].map(async (path) => {
      const answer = await client.rawJson(
        { method: 'GET', path, accept: ACCEPT, what: 'discover kinds' },
        signal,
      );
      if (textAt(answer, 'kind') === 'APIGroupDiscoveryList')
        return objectsAt(answer, 'items').flatMap(kindsOfGroup);
      const paths =
        path === '/api'
          ? textsAt(answer, 'versions').map((version) => `/api/${version}`)
          : objectsAt(answer, 'groups').map(
              (group) => `/apis/${textAt(objectAt(group, 'preferredVersion'), 'groupVersion')}`,
            );
      return (await Promise.all(paths.map((each) => kindsAt(client, each, signal)))).flat();
    }),
  );
  return found.flat().filter(({ group }) => group !== API_GROUPS.shadow); // the same kinds once more, as templates
}

/** Of one group of aggregated discovery: each kind in the first version that has it. */
function kindsOfGroup(group: JsonObject): ServedKind[] {
  const name = textAt(objectAt(group, 'metadata'), 'name');
  return objectsAt(group, 'versions').flatMap((version) =>
    objectsAt(version, 'resources')
      .filter((resource) => textsAt(resource, 'verbs').includes('list'))
      .map((resource) => ({
        group: name,
        version: textAt(version, 'version'),
        plural: textAt(resource, 'resource'),
        singular: textAt(resource, 'singularResource'),
        kind: textAt(objectAt(resource, 'responseKind'), 'kind'),
        shortNames: textsAt(resource, 'shortNames'),
        namespaced: textAt(resource, 'scope') === 'Namespaced',
      })),
  );
}

async function kindsAt(client: KubeClient, path: string, signal: AbortSignal): Promise<ServedKind[]> {
  try {
    const answer = await client.rawJson({ method: 'GET', path, what: 'discover kinds' }, signal);
    const [version = '', group = ''] = textAt(answer, 'groupVersion').split('/').reverse();
    return objectsAt(answer, 'resources')
      .filter((resource) => textsAt(resource, 'verbs').includes('list'))
      .map((resource) => ({
        group,
        version,
        plural: textAt(resource, 'name'),
        singular: textAt(resource, 'singularName'),
        kind: textAt(resource, 'kind'),
        shortNames: textsAt(resource, 'shortNames'),
        namespaced: resource['namespaced'] === true,
      }));
  } catch {
    if (signal.aborted) throw signal.reason;
    return []; // an aggregated API that is down hides its own kinds only, as in kubectl
  }
}
