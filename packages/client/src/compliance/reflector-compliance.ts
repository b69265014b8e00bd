import assert from 'node:assert/strict';
import type { KubeObject } from '@clusternet/kube-data';
import { silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import { runReflector } from '../reflector.ts';
import type { ReflectorOptions, ReflectorSink } from '../reflector.ts';
import type { ComplianceCase, CompliancePlane } from './compliance-case.ts';

const REF = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };

/** A mirror of a collection, and a way to wait for what it shows. */
class Mirror implements ReflectorSink<KubeObject> {
  readonly objects: Map<string, KubeObject> = new Map();
  readonly #waiting = new Set<() => void>();

  replace(objects: readonly KubeObject[]): void {
    this.objects.clear();
    for (const object of objects) this.objects.set(object.metadata.name ?? '', object);
    this.#wake();
  }

  upsert(object: KubeObject): void {
    this.objects.set(object.metadata.name ?? '', object);
    this.#wake();
  }

  remove(object: KubeObject): void {
    this.objects.delete(object.metadata.name ?? '');
    this.#wake();
  }

  /** Resolves when `holds` does; throws when `signal` aborts first. */
  async until(
    holds: (objects: ReadonlyMap<string, KubeObject>) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    while (!holds(this.objects)) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

async function withMirror(
  { client, namespace }: CompliancePlane,
  options: ReflectorOptions,
  signal: AbortSignal,
  work: (mirror: Mirror) => Promise<void>,
): Promise<void> {
  const mirror = new Mirror();
  const controller = new AbortController();
  const running = runReflector(
    {
      resource: client.resource(REF),
      sink: mirror,
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
    },
    { namespace, ...options },
    controller.signal,
  );
  try {
    await work(mirror);
  } finally {
    controller.abort();
    await running;
  }
  signal.throwIfAborted();
}

function configMap({ namespace }: CompliancePlane, name: string, labels: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data: { a: '1' } };
}

/** What a reflector promises on any API server. */
export const reflectorCompliance: readonly ComplianceCase[] = [
  {
    name: 'shows what was there before, page by page, and follows every change after it',
    run: async (plane, signal) => {
      const resource = plane.client.resource(REF);
      const labels = { set: 'followed' };
      const names = ['followed-1', 'followed-2', 'followed-3'];
      for (const name of names) await resource.create(configMap(plane, name, labels), {}, signal);
      const options = { pageSize: 2, labelSelector: 'set=followed' };
      await withMirror(plane, options, signal, async (mirror) => {
        await mirror.until((objects) => objects.size === 3, signal);
        await resource.create(configMap(plane, 'followed-4', labels), {}, signal);
        await mirror.until((objects) => objects.has('followed-4'), signal);
        const ref = { namespace: plane.namespace, name: 'followed-1' };
        await resource.patch(ref, 'merge', { data: { a: '2' } }, {}, signal);
        await mirror.until(
          (objects) => (objects.get('followed-1')?.['data'] as { a?: string } | undefined)?.a === '2',
          signal,
        );
        await resource.delete(ref, {}, signal);
        await mirror.until((objects) => !objects.has('followed-1'), signal);
      });
    },
  },
  {
    name: 'forgets an object that no longer matches the selector',
    run: async (plane, signal) => {
      const resource = plane.client.resource(REF);
      await resource.create(configMap(plane, 'leaving', { set: 'leaving' }), {}, signal);
      await withMirror(plane, { labelSelector: 'set=leaving' }, signal, async (mirror) => {
        await mirror.until((objects) => objects.has('leaving'), signal);
        const ref = { namespace: plane.namespace, name: 'leaving' };
        await resource.patch(ref, 'merge', { metadata: { labels: { set: 'gone' } } }, {}, signal);
        await mirror.until((objects) => !objects.has('leaving'), signal);
      });
    },
  },
  {
    name: 'gives objects with apiVersion and kind, from lists and from watches alike',
    run: async (plane, signal) => {
      const resource = plane.client.resource(REF);
      const labels = { set: 'kinds' };
      await resource.create(configMap(plane, 'kinds-listed', labels), {}, signal);
      await withMirror(plane, { labelSelector: 'set=kinds' }, signal, async (mirror) => {
        await mirror.until((objects) => objects.size === 1, signal);
        await resource.create(configMap(plane, 'kinds-watched', labels), {}, signal);
        await mirror.until((objects) => objects.size === 2, signal);
        for (const { apiVersion, kind } of mirror.objects.values())
          assert.deepEqual({ apiVersion, kind }, { apiVersion: 'v1', kind: 'ConfigMap' });
      });
    },
  },
];
