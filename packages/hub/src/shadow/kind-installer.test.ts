import { createApiRegistry } from '@clusternet/apiserver';
import { createKubeClient } from '@clusternet/client';
import { createFakeApi } from '@clusternet/client/fakes';
import { silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import { describe, expect, it } from 'vitest';
import { startFakeParent } from './fake-parent.fixture.ts';
import { createKindInstaller } from './kind-installer.ts';
import type { KindInstallerDeps } from './kind-installer.ts';
import { createManifestMemory } from './manifest-memory.ts';
import { createParentSchemas } from './parent-schemas.ts';
import type { PlannedKind } from './plan-kinds.ts';

describe('createKindInstaller', () => {
  const planned = (resource: string, more: Partial<PlannedKind> = {}): PlannedKind => ({
    group: 'example.com',
    version: 'v1',
    resource,
    kind: 'Thing',
    namespaced: true,
    singular: 'thing',
    hasScale: false,
    crd: undefined,
    ...more,
  });
  const plan = (...kinds: PlannedKind[]) => new Map(kinds.map((item) => [item.resource, item]));

  function startInstaller(schemas: Partial<KindInstallerDeps['schemas']> = {}) {
    const registry = createApiRegistry();
    const api = createFakeApi();
    const serving = { clock: systemClock, random: systemRandom, bookmarkIntervalMs: 1000 };
    const installer = createKindInstaller({
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      registry,
      serving,
      manifests: createKubeClient(api.transport).resource({
        group: '',
        version: 'v1',
        plural: 'manifests',
        kind: 'Manifest',
        namespaced: true,
      }),
      memory: createManifestMemory(systemClock),
      reservedNamespace: 'reserved',
      schemas: { ...createParentSchemas(startFakeParent(new Map()).deps), ...schemas },
      dryRun: (_kind, object) => Promise.resolve(object),
      checkEscalation: () => Promise.resolve(),
    });
    const served = (): string[] => registry.listResources().map(({ names }) => names.resource);
    return { installer, registry, served };
  }

  it('serves what is planned, and touches only what changes', () => {
    const { installer, registry, served } = startInstaller();
    installer.apply(plan(planned('as'), planned('bs')));
    const before = registry.find('shadow', 'v1alpha1', 'as');
    installer.apply(plan(planned('as'), planned('bs', { singular: 'b' }), planned('cs')));
    expect(registry.find('shadow', 'v1alpha1', 'as')).toBe(before);
    expect(registry.find('shadow', 'v1alpha1', 'bs')?.names.singular).toBe('b');
    installer.apply(plan(planned('cs')));
    expect(served()).toEqual(['cs']);
  });

  it('serves all but the kind that cannot be', () => {
    const { installer, served } = startInstaller({
      find: (_version, name) => {
        if (name === 'Broken') throw new Error('no schema anybody could read');
        return undefined;
      },
    });
    installer.apply(plan(planned('as'), planned('broken', { kind: 'Broken' }), planned('cs')));
    expect(served()).toEqual(['as', 'cs']);
  });
});
