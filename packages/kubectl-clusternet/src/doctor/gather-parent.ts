import { API_VERSIONS } from '@clusternet/api-types';
import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { clusternetRef } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { objectAt, objectsAt, textAt } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { attempt } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import type { ApiServiceEvidence } from './judge-parent.ts';

export interface ParentEvidence {
  readonly missingKinds: Attempt<readonly string[]>;
  readonly apiServices: readonly ApiServiceEvidence[];
  readonly hub: Attempt<JsonObject>;
  readonly liveHubs: Attempt<number>;
  /** Secret `clusternet-hub-serving`. */
  readonly serving: Attempt<JsonObject>;
  readonly requests: Attempt<readonly ClusterRegistrationRequest[]>;
}

const SYSTEM = '/namespaces/clusternet-system';
const API_SERVICES = [
  { apiVersion: API_VERSIONS.proxies, purpose: 'reaching inside clusters' },
  { apiVersion: API_VERSIONS.shadow, purpose: 'everything with templates' },
];

/** The version of an API server. */
export function gatherVersion(client: KubeClient, signal: AbortSignal): Promise<Attempt<string>> {
  return attempt('the version', signal, async (limited) =>
    textAt(
      await client.rawJson({ method: 'GET', path: '/version', what: 'get the version' }, limited),
      'gitVersion',
    ),
  );
}

/** Everything that says how the parent is, asked for at once. */
export async function gatherParent(
  client: KubeClient,
  nowMs: number,
  signal: AbortSignal,
): Promise<ParentEvidence> {
  const get = (path: string, what: string, limited: AbortSignal): Promise<JsonValue> =>
    client.rawJson({ method: 'GET', path, what }, limited);
  const getObject = (path: string, what: string): Promise<Attempt<JsonObject>> =>
    attempt(what, signal, async (limited) => (await get(path, what, limited)) as JsonObject); // an API answers with objects
  const resources = (apiVersion: string): Promise<Attempt<readonly string[]>> =>
    attempt(`discover ${apiVersion}`, signal, async (limited) => {
      const list = await get(`/apis/${apiVersion}`, `discover ${apiVersion}`, limited);
      return objectsAt(list, 'resources').map((resource) => textAt(resource, 'name'));
    });
  const [missingKinds, apiServices, hub, liveHubs, serving, requests] = await Promise.all([
    attempt('discover groups', signal, async (limited) => {
      const groups = objectsAt(await get('/apis', 'discover groups', limited), 'groups');
      const served = groups
        .flatMap((group) => objectsAt(group, 'versions'))
        .map((each) => textAt(each, 'groupVersion'));
      return [API_VERSIONS.clusters, API_VERSIONS.apps].filter((version) => !served.includes(version));
    }),
    Promise.all(
      API_SERVICES.map(async ({ apiVersion, purpose }) => {
        const name = apiVersion.split('/').reverse().join('.');
        const [served, object] = await Promise.all([
          resources(apiVersion),
          getObject(`/apis/apiregistration.k8s.io/v1/apiservices/${name}`, `get apiservice ${name}`),
        ]);
        return { name, purpose, served, object };
      }),
    ),
    getObject(`/apis/apps/v1${SYSTEM}/deployments/clusternet-hub`, 'get deployment clusternet-hub'),
    attempt('list leases', signal, async (limited) =>
      countLive(await get(`/apis/coordination.k8s.io/v1${SYSTEM}/leases`, 'list leases', limited), nowMs),
    ),
    getObject(`/api/v1${SYSTEM}/secrets/clusternet-hub-serving`, 'get secret clusternet-hub-serving'),
    attempt('list requests', signal, async (limited) => {
      const ref = clusternetRef('ClusterRegistrationRequest');
      return (await client.resource<ClusterRegistrationRequest>(ref).list({}, limited)).items;
    }),
  ]);
  return { missingKinds, apiServices, hub, liveHubs, serving, requests };
}

/** Hubs that renewed their lease lately. */
function countLive(leases: JsonValue, nowMs: number): number {
  return objectsAt(leases, 'items').filter((lease) => {
    const spec = objectAt(lease, 'spec');
    const lastsMs = Number(spec?.['leaseDurationSeconds'] ?? 0) * 1000;
    const isPeer = textAt(objectAt(lease, 'metadata'), 'name').startsWith('clusternet-hub-peer-');
    return isPeer && Date.parse(textAt(spec, 'renewTime')) + lastsMs > nowMs;
  }).length;
}
