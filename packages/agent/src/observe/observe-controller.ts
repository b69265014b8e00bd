import type { Description } from '@clusternet/api-types';
import { clusternetRef } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { createController, createWorkQueue, keyOf } from '@clusternet/controller-kit';
import type { Informer, Reconcile } from '@clusternet/controller-kit';
import { entryOf, judgeHealth, parseDocument } from '@clusternet/deployer';
import type { InventoryEntry } from '@clusternet/deployer';
import { equalJson } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import type { Clock, Logger, Metrics, Random, Run } from '@clusternet/runtime';
import type { Recover } from './recover-objects.ts';
import type { Parent } from '../registration/register.ts';
import { createObjectWatches } from './object-watches.ts';
import type { ObjectWatches } from './object-watches.ts';

export interface ObserveDeps {
  readonly parent: Parent;
  readonly deployer: KubeClient;
  readonly descriptions: Informer<Description>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Brings back what was changed. @default nothing is */
  readonly recover?: Recover | undefined;
}

/** Changes of one Description's objects are gathered for so long before they are reported, ms. */
const GATHER_MS = 250;

/** Mirrors the status of delivered objects into their Descriptions, whoever delivered them. */
export function createObserveController(deps: ObserveDeps): Run {
  const { descriptions, clock, log } = deps;
  return async (signal) => {
    const queue = createWorkQueue(clock);
    const watches = createObjectWatches({
      ...deps,
      child: deps.deployer,
      onChange: (owners) => {
        for (const owner of owners) queue.addAfter(owner, GATHER_MS);
      },
    });
    const track = (key: string, description: Description | undefined): void => {
      watches.track(key, description === undefined ? [] : entriesOf(description, log));
    };
    const end = descriptions.store.subscribe(({ key, before, after }) => {
      if (before?.metadata.generation === after?.metadata.generation) return;
      track(key, after);
      queue.addAfter(key, GATHER_MS);
    });
    await descriptions.synced(signal);
    for (const description of descriptions.store.list()) track(keyOf(description), description);
    const reconcile = createObserveReconciler(deps, watches);
    await createController({ ...deps, queue, reconcile }, { name: 'observe', workers: 2 })(signal);
    end();
    await watches.stop();
  };
}

function entriesOf(description: Description, log: Logger): InventoryEntry[] {
  if (description.spec.deployer !== 'Generic' || description.metadata.deletionTimestamp !== undefined)
    return [];
  return (description.spec.raw ?? []).flatMap((raw, index) => {
    try {
      return [entryOf(parseDocument(raw, index))];
    } catch (error) {
      log.warn('object not observed', { description: keyOf(description), error: errorText(error) });
      return [];
    }
  });
}

function createObserveReconciler(
  { parent, descriptions, log, recover }: ObserveDeps,
  watches: ObjectWatches,
): Reconcile {
  const resource = parent.client.resource<Description>(clusternetRef('Description'));
  return async (key, signal) => {
    const description = descriptions.store.get(key);
    if (description === undefined || description.metadata.deletionTimestamp !== undefined) return {};
    const observed = entriesOf(description, log).map((entry) => ({ entry, seen: watches.get(entry) }));
    // After a start, what is not known yet must not look gone; the first answer brings us back.
    if (observed.some(({ seen }) => seen.kind === 'pending')) return {};
    const manifestStatuses = observed.flatMap(({ entry, seen }) => {
      if (seen.kind !== 'present') return [];
      const { object } = seen;
      const { apiVersion, kind, namespace, name } = entry;
      const feed = { apiVersion, kind, name, ...(namespace === '' ? {} : { namespace }) };
      const { state, message } = judgeHealth(object);
      const health = { state, ...(message === '' ? {} : { message }) };
      const status = object['status'] === undefined ? {} : { observedStatus: object['status'] };
      return [{ ...feed, health, ...status }];
    });
    const before = description.status?.manifestStatuses ?? [];
    const next = (await recover?.(description, observed, signal)) ?? {};
    if (equalJson(before, manifestStatuses)) return next;
    const { name = '', namespace = '' } = description.metadata;
    const body = { status: { manifestStatuses } };
    await resource.patch({ name, namespace }, 'merge', body, { subresource: 'status' }, signal);
    return next;
  };
}
