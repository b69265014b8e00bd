import fc from 'fast-check';
import type { KubeObject } from '@clusternet/kube-data';
import { silentLogger } from '@clusternet/runtime';
import { describe, expect, it } from 'vitest';
import { createStore, keyOf } from './store.ts';
import type { StoreChange } from './store.ts';

function object(
  name: string,
  resourceVersion: string,
  labels: Record<string, string> = {},
  uid = name,
): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'ns', name, resourceVersion, uid, labels } };
}

const byApp = ({ metadata }: KubeObject): readonly string[] => [metadata.labels?.['app'] ?? 'none'];
const names = (objects: readonly KubeObject[]): (string | undefined)[] =>
  objects.map(({ metadata }) => metadata.name);

describe('createStore', () => {
  it('tells of what a list brings: what is new, what changed, what is gone, and nothing else', () => {
    const store = createStore<KubeObject>(silentLogger);
    store.replace([object('a', '1'), object('b', '1'), object('c', '1')]);
    const seen: StoreChange<KubeObject>[] = [];
    store.subscribe((change) => seen.push(change));
    store.replace([object('a', '1'), object('b', '2'), object('d', '1')]);
    expect(seen.map(({ key, before, after }) => [key, before !== undefined, after !== undefined])).toEqual([
      ['ns/c', true, false],
      ['ns/b', true, true],
      ['ns/d', false, true],
    ]);
    expect(store.size).toBe(3);
  });

  it('takes the same resourceVersion of the same object for no change', () => {
    const store = createStore<KubeObject>(silentLogger);
    store.upsert(object('a', '1'));
    let changes = 0;
    store.subscribe(() => (changes += 1));
    store.upsert(object('a', '1'));
    expect(changes).toBe(0);
    store.upsert(object('a', '1', {}, 'another-uid'));
    expect(changes).toBe(1);
    store.remove(object('unknown', '1'));
    expect(changes).toBe(1);
  });

  it('cannot tell objects without resourceVersion apart, so each is a change', () => {
    const store = createStore<KubeObject>(silentLogger);
    const bare: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } };
    let changes = 0;
    store.subscribe(() => (changes += 1));
    store.upsert(bare);
    store.upsert(bare);
    expect(changes).toBe(2);
    expect(keyOf(bare)).toBe('a');
  });

  it('finds by index, and no longer where an object has moved away', () => {
    const store = createStore<KubeObject>(silentLogger, { indexes: { app: byApp } });
    store.replace([object('a', '1', { app: 'x' }), object('b', '1', { app: 'x' })]);
    store.upsert(object('a', '2', { app: 'y' }));
    store.remove(object('b', '2'));
    expect(names(store.byIndex('app', 'x'))).toEqual([]);
    expect(names(store.byIndex('app', 'y'))).toEqual(['a']);
    expect(() => store.byIndex('nothing', 'x')).toThrow(RangeError);
  });

  it('files an object once under a value that its index function gives twice', () => {
    const store = createStore<KubeObject>(silentLogger, { indexes: { twice: () => ['x', 'x'] } });
    store.upsert(object('a', '1'));
    expect(store.byIndex('twice', 'x')).toHaveLength(1);
    store.remove(object('a', '1'));
    expect(store.byIndex('twice', 'x')).toHaveLength(0);
  });

  it('undoes what an index function said before, even if it says otherwise or throws now', () => {
    let mode: 'other' | 'throws' | 'x' = 'x';
    const fickle = (): readonly string[] => {
      if (mode === 'throws') throw new Error('broken');
      return [mode];
    };
    const store = createStore<KubeObject>(silentLogger, { indexes: { fickle } });
    store.replace([object('a', '1'), object('b', '1')]);
    mode = 'other';
    store.upsert(object('a', '2'));
    mode = 'throws';
    store.remove(object('b', '1'));
    expect(names(store.byIndex('fickle', 'x'))).toEqual([]);
    expect(names(store.byIndex('fickle', 'other'))).toEqual(['a']);
  });

  it('an index function that throws costs nobody else the change', () => {
    const errors: unknown[] = [];
    const log = { ...silentLogger, error: (message: string) => errors.push(message) };
    const broken = (): never => {
      throw new Error('no');
    };
    const store = createStore<KubeObject>(log, { indexes: { broken, app: byApp } });
    const seen: string[] = [];
    store.subscribe(broken);
    store.subscribe(({ key }) => seen.push(key));
    store.upsert(object('a', '1', { app: 'x' }));
    expect(names(store.byIndex('app', 'x'))).toEqual(['a']);
    expect(seen).toEqual(['ns/a']);
    expect(errors).toEqual(['index function failed', 'store listener failed']);
  });

  it('lets one function listen twice, and each listener end by itself, within a change too', () => {
    const store = createStore<KubeObject>(silentLogger);
    let calls = 0;
    const listen = (): void => {
      calls += 1;
    };
    const end = store.subscribe(listen);
    store.subscribe(listen);
    end();
    end();
    store.subscribe(() => end());
    store.upsert(object('a', '1'));
    expect(calls).toBe(1);
  });

  it('holds any list of 100,000 objects', () => {
    const store = createStore<KubeObject>(silentLogger, { indexes: { app: byApp } });
    store.replace(Array.from({ length: 100_000 }, (_, index) => object(`n${index}`, '1', { app: 'x' })));
    expect(store.byIndex('app', 'x')).toHaveLength(100_000);
    store.replace([]);
    expect(store.size).toBe(0);
  });

  it('after any changes its indexes are what a search through all objects finds', () => {
    const change = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      app: fc.constantFrom('x', 'y'),
      kind: fc.constantFrom('replace', 'remove', 'upsert'),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const store = createStore<KubeObject>(silentLogger, { indexes: { app: byApp } });
        changes.forEach(({ name, app, kind }, version) => {
          const next = object(name, String(version), { app });
          if (kind === 'replace') store.replace([next]);
          else if (kind === 'remove') store.remove(next);
          else store.upsert(next);
        });
        for (const app of ['x', 'y']) {
          const want = names(store.list().filter((entry) => byApp(entry).includes(app))).sort();
          expect(names(store.byIndex('app', app)).sort()).toEqual(want);
        }
      }),
    );
  });
});
