import { clusternetRef, createKubeClient } from '@clusternet/client';
import type { KubeClient, ResourceClient } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import type { Description, Subscription } from '@clusternet/api-types';
import { findCondition } from '@clusternet/controller-kit';
import type { Condition, KubeObject } from '@clusternet/kube-data';
import { childConnection } from './child-connection.ts';
import { eventually } from './eventually.ts';
import type { Fleet } from './fleet.ts';
import type { FleetChild } from './join-child.ts';
import type { PlaneKind } from './start-plane.ts';

/** On which control planes this run is: set by `npm run e2e -- --on …`. */
export const on: PlaneKind = process.env['CLUSTERNET_E2E_ON'] === 'real' ? 'real' : 'embedded';

export interface Deployment extends KubeObject {
  readonly spec: { readonly replicas?: number; readonly [key: string]: unknown };
  readonly status?: { readonly readyReplicas?: number };
}

export function deployments(client: KubeClient): ResourceClient<Deployment> {
  return client.resource<Deployment>({
    group: 'apps',
    version: 'v1',
    plural: 'deployments',
    kind: 'Deployment',
    namespaced: true,
  });
}

export function core(client: KubeClient, kind: string, plural: string, namespaced = true): ResourceClient {
  return client.resource({ group: '', version: 'v1', plural, kind, namespaced });
}

export function subscriptions(fleet: Fleet): ResourceClient<Subscription> {
  return fleet.parent.client.resource<Subscription>(clusternetRef('Subscription'));
}

export function descriptions(fleet: Fleet): ResourceClient<Description> {
  return fleet.parent.client.resource<Description>(clusternetRef('Description'));
}

/** Waits until my-nginx runs in a child with so many ready replicas. */
export function nginxReady(child: FleetChild, replicas: number): Promise<Deployment> {
  return eventually(`my-nginx with ${replicas} ready replicas on ${child.spec.name}`, async () => {
    const live = await deployments(child.plane.client).get({ namespace: 'foo', name: 'my-nginx' });
    return live.spec.replicas === replicas && live.status?.readyReplicas === replicas ? live : undefined;
  });
}

/** Waits for a condition of the Subscription `default/app-demo`. */
export function subscriptionCondition(
  fleet: Fleet,
  type: string,
  isWanted: (condition: Condition) => boolean,
): Promise<Condition> {
  return eventually(`condition ${type} of app-demo`, async () => {
    const { status } = await subscriptions(fleet).get({ namespace: 'default', name: 'app-demo' });
    const condition = findCondition(status?.conditions, type);
    if (condition !== undefined && isWanted(condition)) return condition;
    throw new Error(`it is ${JSON.stringify(condition)}`);
  });
}

/** A client to a child through the hub, as a person would have it. */
export async function visit(fleet: Fleet, child: FleetChild): Promise<KubeClient & AsyncDisposable> {
  const transport = createTransport(await childConnection(fleet.parent, child));
  return Object.assign(createKubeClient(transport), {
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  });
}
