import { API_VERSIONS } from '@clusternet/api-types';
import type { Description } from '@clusternet/api-types';
import { clusternetRef, createKubeClient } from '@clusternet/client';
import { createFakeApi } from '@clusternet/client/fakes';
import type { EventRecorder } from '@clusternet/controller-kit';
import { entryOf } from '@clusternet/deployer';
import { encodeBase64, encodeUtf8 } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { noMetrics, silentLogger } from '@clusternet/runtime';
import { createFakeClock } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import type { Observation } from './object-watches.ts';
import { createRecovery } from './recover-objects.ts';

const DESCRIPTION = '/apis/apps.clusternet.io/v1alpha1/namespaces/ns/descriptions/app-generic';
const OBJECT = '/api/v1/namespaces/foo/configmaps/a';
const document: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'foo' },
  data: { key: 'as delivered' },
};
/** What the API makes of the first object. */
const FIRST_UID = '00000000-0000-4000-8000-000000000001';
const never = new AbortController().signal;

function description(change: { readonly generation?: number; readonly phase?: string } = {}): Description {
  const { generation = 1, phase = 'Success' } = change;
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'Description',
    metadata: { name: 'app-generic', namespace: 'ns', uid: FIRST_UID, generation },
    spec: { deployer: 'Generic', raw: [encodeBase64(encodeUtf8(JSON.stringify(document)))] },
    status: {
      phase,
      observedGeneration: 1,
      conditions: [{ type: 'Ready', status: 'True', reason: 'x', message: '', lastTransitionTime: '' }],
    },
  } as Description;
}

function start(given = description()) {
  const parent = createFakeApi({ refs: [clusternetRef('Description')] });
  const child = createFakeApi();
  parent.store.put(DESCRIPTION, given);
  const clock = createFakeClock();
  const notes: string[] = [];
  const events: EventRecorder = {
    record: (_about, _type, _reason, note) => void notes.push(note),
    flush: () => Promise.resolve(),
  };
  const recover = createRecovery({
    parent: { client: createKubeClient(parent.transport) },
    deployer: createKubeClient(child.transport),
    events,
    clock,
    log: silentLogger,
    metrics: noMetrics,
  });
  const see = (seen: Observation) => recover(given, [{ entry: entryOf(document), seen }], never);
  const applies = () => child.requests.filter(({ method }) => method === 'PATCH').length;
  const readObject = () => child.store.get(OBJECT);
  return { parent, child, clock, notes, see, applies, readObject };
}

describe('createRecovery', () => {
  it('brings back what was deleted', async () => {
    const { see, readObject, notes } = start();
    expect(await see({ kind: 'absent' })).toEqual({});
    expect(readObject()?.['data']).toEqual({ key: 'as delivered' });
    expect(notes).toEqual([expect.stringContaining('was deleted, and is as delivered again')]);
  });

  it('brings back what was changed', async () => {
    const { child, see, readObject, applies } = start();
    const changed = { ...document, data: { key: 'edited' } };
    child.store.put(OBJECT, changed);
    await see({ kind: 'present', object: changed });
    expect(applies()).toBe(1);
    expect(readObject()?.['data']).toEqual({ key: 'as delivered' });
  });

  it('waits ever longer for who keeps changing it', async () => {
    const { child, clock, see, applies } = start();
    await see({ kind: 'absent' });
    child.store.remove(OBJECT);
    const { requeueAfterMs = 0 } = await see({ kind: 'absent' });
    expect(requeueAfterMs).toBeGreaterThan(500);
    expect(applies()).toBe(1);
    await clock.advance(requeueAfterMs);
    await see({ kind: 'absent' });
    expect(applies()).toBe(2);
    child.store.remove(OBJECT);
    expect((await see({ kind: 'absent' })).requeueAfterMs).toBeGreaterThan(requeueAfterMs);
  });

  it.each([
    { why: 'that is not delivered yet', given: description({ generation: 2 }) },
    { why: 'whose delivery failed', given: description({ phase: 'Failure' }) },
  ])('leaves a Description alone $why', async ({ given }) => {
    const { see, applies } = start(given);
    await see({ kind: 'absent' });
    expect(applies()).toBe(0);
  });

  it('writes nothing older than what was delivered meanwhile', async () => {
    const { parent, see, applies } = start();
    const newer = description();
    parent.store.put(DESCRIPTION, { ...newer, spec: { ...newer.spec, raw: [] } });
    await see({ kind: 'absent' });
    expect(applies()).toBe(0);
  });

  it('does not take what cannot be watched, or is still there, for deleted', async () => {
    const { child, see, applies } = start();
    await see({ kind: 'unwatched' });
    await see({ kind: 'pending' });
    expect(applies()).toBe(0);
    await see({ kind: 'absent' }); // it is, and comes back
    const { metadata } = child.store.get(OBJECT) as KubeObject;
    const managedFields = [
      {
        manager: 'clusternet',
        operation: 'Apply',
        fieldsV1: {
          'f:data': { 'f:key': {} },
          'f:metadata': { 'f:annotations': {} },
        },
      },
    ];
    child.store.put(OBJECT, {
      ...document,
      metadata: { ...metadata, managedFields: managedFields },
    });
    await see({ kind: 'absent' });
    expect(applies()).toBe(1);
  });
});
