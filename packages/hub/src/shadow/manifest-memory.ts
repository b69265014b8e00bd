import type { Manifest } from '@clusternet/api-types';
import { createObjectMemory } from '@clusternet/apiserver';
import type { ObjectMemory, StorageKey } from '@clusternet/apiserver';
import type { ReflectorSink } from '@clusternet/client';
import { compareText } from '@clusternet/kube-data';
import type { Clock } from '@clusternet/runtime';
import { objectOf, placeOf } from './manifest-form.ts';

/** What the hub knows of all Manifests: which object each holds, and how objects changed lately. */
export interface ManifestMemory {
  /** Feeds it: goes where all Manifests are listed and watched. */
  readonly tap: ReflectorSink<Manifest>;
  /** The objects, as the shadow API shows them. */
  readonly objects: Pick<ObjectMemory, 'compact' | 'find' | 'getResourceVersion' | 'list' | 'watch'>;
  /** The Manifest that holds an object, as last seen. */
  findManifest(key: StorageKey): Manifest | undefined;
  /** Whether the first list is in. */
  isSynced(): boolean;
  /** Waits until something is so; false when that takes too long. Asked again after each change. */
  settled(isSo: () => boolean, timeoutMs: number): Promise<boolean>;
}

interface Holding {
  readonly manifest: Manifest;
  readonly key: StorageKey;
}

export interface ManifestMemoryOptions {
  /** Changes remembered per kind, so that watches can resume. @default 1024 */
  readonly historyLimit?: number;
}

/** Starts out empty; nothing is served before the first list. */
export function createManifestMemory(clock: Clock, options: ManifestMemoryOptions = {}): ManifestMemory {
  const objects = createObjectMemory(options);
  const holdings = new Map<string, Holding>();
  /** Manifests by the object they hold: one, unless somebody wrote a second by hand. */
  const holders = new Map<string, Map<string, Holding>>();
  const waiting = new Set<() => void>();
  let isSynced = false;

  const release = (name: string): StorageKey | undefined => {
    const held = holdings.get(name);
    if (held === undefined) return undefined;
    holdings.delete(name);
    const others = holders.get(textOf(held.key));
    others?.delete(name);
    if (others?.size === 0) holders.delete(textOf(held.key));
    return held.key;
  };

  const show = (key: StorageKey, version: number): void => {
    const best = pickHolding(holders.get(textOf(key)));
    const known = objects.find(key);
    if (known !== undefined && known.metadata.uid !== best?.manifest.metadata.uid)
      objects.remove(key, version);
    if (best === undefined) return;
    if (objects.find(key)?.metadata.resourceVersion === best.manifest.metadata.resourceVersion) return;
    objects.put(key, objectOf(best.manifest), version);
  };

  const take = (manifest: Manifest): void => {
    const { name = '', resourceVersion } = manifest.metadata;
    const version = Number(resourceVersion);
    const former = release(name);
    const key = placeOf(manifest);
    if (key !== undefined) {
      const holding = { manifest, key };
      holdings.set(name, holding);
      const others = holders.get(textOf(key)) ?? new Map<string, Holding>();
      holders.set(textOf(key), others.set(name, holding));
      show(key, version);
    }
    if (former !== undefined && (key === undefined || textOf(former) !== textOf(key))) show(former, version);
    objects.advance(version);
  };

  const drop = (name: string, version: number): void => {
    const former = release(name);
    if (former !== undefined) show(former, version);
    objects.advance(version);
  };

  const wake = (): void => {
    for (const ask of [...waiting]) ask();
  };

  return {
    objects,
    isSynced: () => isSynced,
    findManifest: (key) => pickHolding(holders.get(textOf(key)))?.manifest,
    tap: {
      replace(manifests, resourceVersion) {
        const present = new Set(manifests.map(({ metadata }) => metadata.name ?? ''));
        const changed = manifests.filter(
          ({ metadata }) =>
            holdings.get(metadata.name ?? '')?.manifest.metadata.resourceVersion !== metadata.resourceVersion,
        );
        for (const manifest of changed.toSorted(byVersion)) take(manifest);
        const version = Number(resourceVersion);
        for (const name of [...holdings.keys()]) if (!present.has(name)) drop(name, version);
        objects.advance(version);
        // What was before the first list is unknown: who resumes from there has to list.
        if (!isSynced) objects.compact();
        isSynced = true;
        wake();
      },
      upsert(manifest) {
        take(manifest);
        wake();
      },
      remove({ metadata }) {
        drop(metadata.name ?? '', Number(metadata.resourceVersion));
        wake();
      },
      progress(resourceVersion) {
        objects.advance(Number(resourceVersion));
        wake();
      },
    },
    async settled(isSo, timeoutMs) {
      if (isSo()) return true;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const ask = (): void => {
        if (isSo()) resolve(true);
      };
      waiting.add(ask);
      const cancel = clock.schedule(timeoutMs, () => {
        resolve(false);
      });
      const isSettled = await promise;
      waiting.delete(ask);
      cancel();
      return isSettled;
    },
  };
}

function textOf({ resource, namespace, name }: StorageKey): string {
  return `${resource}|${namespace}|${name}`;
}

function byVersion(a: Manifest, b: Manifest): number {
  return Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion);
}

/** The one that counts is the oldest. */
function pickHolding(holders: ReadonlyMap<string, Holding> | undefined): Holding | undefined {
  return [...(holders?.values() ?? [])].toSorted(
    (a, b) =>
      compareText(a.manifest.metadata.creationTimestamp ?? '', b.manifest.metadata.creationTimestamp ?? '') ||
      compareText(a.manifest.metadata.name ?? '', b.manifest.metadata.name ?? ''),
  )[0];
}
