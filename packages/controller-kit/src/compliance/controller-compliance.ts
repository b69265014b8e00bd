import assert from 'node:assert/strict';
import type { ComplianceCase, CompliancePlane } from '@clusternet/client/compliance';
import type { KubeObject } from '@clusternet/kube-data';
import { aborted, silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import { createEventRecorder } from '../event-recorder.ts';
import { addFinalizer, hasFinalizer, removeFinalizer } from '../finalizers.ts';
import { createInformer } from '../informer.ts';
import { runLeaderElection } from '../leader-election.ts';
import type { Lease } from '../leader-election.ts';

const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const events = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
const leases = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};
const deps = { clock: systemClock, random: systemRandom, log: silentLogger };

function configMap({ namespace }: CompliancePlane, name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } };
}

/** A candidate that says when it leads; ends with the result. */
function runCandidate(
  { client, namespace }: CompliancePlane,
  identity: string,
  onLead: () => void,
): { stop(): Promise<void> } {
  const controller = new AbortController();
  const running = runLeaderElection(
    { ...deps, leases: client.resource<Lease>(leases) },
    {
      namespace,
      name: 'compliance',
      identity,
      leaseDurationMs: 3000,
      renewDeadlineMs: 2000,
      retryPeriodMs: 50,
    },
    async (signal) => {
      onLead();
      await aborted(signal);
    },
    controller.signal,
  );
  return {
    stop: async () => {
      controller.abort();
      await running;
    },
  };
}

/** What the pieces of this package that talk to an API promise on any API server. */
export const controllerCompliance: readonly ComplianceCase[] = [
  {
    name: 'leader election: one leads, and hands over when it ends',
    run: async (plane) => {
      const led: string[] = [];
      const first = Promise.withResolvers<undefined>();
      const second = Promise.withResolvers<undefined>();
      const a = runCandidate(plane, 'a', () => {
        led.push('a');
        first.resolve(undefined);
      });
      await first.promise;
      const b = runCandidate(plane, 'b', () => {
        led.push('b');
        second.resolve(undefined);
      });
      await a.stop();
      await second.promise;
      await b.stop();
      assert.deepEqual(led, ['a', 'b']);
      const ref = { namespace: plane.namespace, name: 'compliance' };
      const { spec } = await plane.client.resource<Lease>(leases).get(ref);
      assert.equal(spec?.holderIdentity ?? '', '');
      assert.equal(spec?.leaseTransitions, 1);
    },
  },
  {
    name: 'informer: shows what is there, follows it, and ends',
    run: async (plane, signal) => {
      const resource = plane.client.resource(configMaps);
      await resource.create(configMap(plane, 'informed-1'), {}, signal);
      const informer = createInformer({ ...deps, resource }, { namespace: plane.namespace, pageSize: 1 });
      const controller = new AbortController();
      const running = informer.run(controller.signal);
      await informer.synced(signal);
      assert.ok(informer.store.get(`${plane.namespace}/informed-1`));
      const seen = new Promise<void>((resolve) => {
        informer.store.subscribe(({ key, after }) => {
          if (key.endsWith('/informed-2') && after !== undefined) resolve();
        });
      });
      await resource.create(configMap(plane, 'informed-2'), {}, signal);
      await Promise.race([seen, aborted(signal)]);
      signal.throwIfAborted();
      controller.abort();
      await running;
    },
  },
  {
    name: 'finalizers: keep an object until they are off, and never undo a change of another',
    run: async (plane, signal) => {
      const resource = plane.client.resource(configMaps);
      const finalizer = 'apps.clusternet.io/finalizer';
      const made = await resource.create(configMap(plane, 'final'), {}, signal);
      const held = await addFinalizer(resource, made, finalizer, signal);
      assert.ok(hasFinalizer(held, finalizer));
      await assert.rejects(addFinalizer(resource, made, 'example.com/other', signal), { code: 'CONFLICT' });
      const ref = { namespace: plane.namespace, name: 'final' };
      await resource.delete(ref, {}, signal);
      const deleting = await resource.get(ref, signal);
      assert.ok(deleting.metadata.deletionTimestamp);
      await removeFinalizer(resource, deleting, finalizer, signal);
      await assert.rejects(resource.get(ref, signal), { code: 'NOT_FOUND' });
      await removeFinalizer(resource, deleting, finalizer, signal);
    },
  },
  {
    name: 'events: are accepted, counted, and cut to what the API takes',
    run: async (plane, signal) => {
      const object = await plane.client.resource(configMaps).create(configMap(plane, 'told-of'), {}, signal);
      const recorder = createEventRecorder({ ...deps, client: plane.client, component: 'compliance' });
      recorder.record(object, 'Normal', 'Compliance', 'once');
      recorder.record(object, 'Normal', 'Compliance', 'once');
      recorder.record(object, 'Warning', 'Compliance', 'é'.repeat(5000));
      await recorder.flush();
      const list = await plane.client.resource(events).list({ namespace: plane.namespace }, signal);
      const ours = list.items.filter(({ reason }) => reason === 'Compliance');
      assert.deepEqual(ours.map(({ count }) => count).sort(), [1, 2]);
    },
  },
];
