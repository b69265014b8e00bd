import type { Globalization, Localization } from '@clusternet/api-types';
import type { ResourceClient } from '@clusternet/client';
import { createStore } from '@clusternet/controller-kit';
import type { KubeObject } from '@clusternet/kube-data';
import { noMetrics, silentLogger } from '@clusternet/runtime';
import { createFakeClock } from '@clusternet/runtime/fakes';
import { expect, it } from 'vitest';
import { createOverrideRelease } from './release-overrides.ts';

const OURS = 'apps.clusternet.io/finalizer';

function override(name: string, isDeleted: boolean, finalizers: string[], namespace?: string): KubeObject {
  const deletionTimestamp = isDeleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {};
  const place = namespace === undefined ? {} : { namespace };
  return {
    apiVersion: 'apps.clusternet.io/v1alpha1',
    kind: 'Globalization',
    metadata: { name, ...place, uid: name, resourceVersion: '7', finalizers, ...deletionTimestamp },
  };
}

it('takes the finalizer of a Go hub off deleted overrides, and nothing else off anything', async () => {
  const clock = createFakeClock();
  const patches: unknown[] = [];
  const resource = {
    patch: (ref: unknown, _kind: unknown, { metadata }: { metadata: { finalizers: unknown } }) => {
      patches.push([ref, metadata.finalizers]);
      return Promise.resolve({});
    },
  } as unknown as ResourceClient<Globalization> & ResourceClient<Localization>;
  const globalizations = createStore<Globalization>(silentLogger);
  const localizations = createStore<Localization>(silentLogger);
  globalizations.upsert(override('deleted', true, [OURS, 'another']) as Globalization);
  globalizations.upsert(override('of-others', true, ['another']) as Globalization);
  localizations.upsert(override('live', false, [OURS], 'cluster') as Localization);
  const stop = new AbortController();
  const run = createOverrideRelease({
    caches: { globalizations: { store: globalizations }, localizations: { store: localizations } } as never, // their stores are used
    resources: { globalizations: resource, localizations: resource },
    clock,
    log: silentLogger,
    metrics: noMetrics,
  })(stop.signal);
  await clock.advance(1000);
  expect(patches).toEqual([[{ name: 'deleted' }, ['another']]]);
  const deletedLater = override('live', true, [OURS], 'cluster');
  localizations.upsert({
    ...deletedLater,
    metadata: { ...deletedLater.metadata, resourceVersion: '8' },
  } as Localization);
  await clock.advance(1000);
  expect(patches[1]).toEqual([{ name: 'live', namespace: 'cluster' }, []]);
  stop.abort();
  await run;
});
