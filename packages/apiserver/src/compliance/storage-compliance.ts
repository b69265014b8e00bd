import type { KubeObject } from '@clusternet/kube-data';
import type { Storage, StorageEvent, StorageKey } from '../storage/storage.ts';

/** The assertions a suite needs; a test runner's `expect` fits. */
export interface ComplianceRunner {
  readonly describe: (name: string, body: () => void) => void;
  readonly it: (name: string, body: () => Promise<void>) => void;
  readonly assertEqual: (found: unknown, want: unknown) => void;
  readonly assertRejects: (work: () => unknown, code: string) => Promise<void>;
}

/** A storage under test, and a way to make it forget its history. */
export interface StorageUnderTest {
  readonly storage: Storage;
  readonly compact: () => void;
}

function thing(name: string, value = 1, namespace = 'a'): KubeObject {
  return { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name, namespace }, value };
}

function versionOf(object: KubeObject | undefined): string {
  return object?.metadata.resourceVersion ?? '';
}

function namesOf(objects: readonly KubeObject[]): string[] {
  return objects.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`);
}

/**
 * What every storage has to do.
 * @param create - a fresh one for each case
 * @param resource - what the storage calls the kind `Thing` of `example.com`
 */
export function describeStorage(
  runner: ComplianceRunner,
  create: () => StorageUnderTest,
  resource = 'things.example.com',
): void {
  const { describe, it, assertEqual, assertRejects } = runner;
  const keyOf = (name: string, namespace = 'a'): StorageKey => ({ resource, namespace, name });

  describe('storage', () => {
    it('numbers all writes with one counter', async () => {
      const { storage } = create();
      const first = await storage.create(keyOf('x'), thing('x'));
      const second = await storage.create({ resource: 'others', namespace: '', name: 'y' }, thing('y'));
      assertEqual(Number(versionOf(second)) > Number(versionOf(first)), true);
      assertEqual(String(storage.getResourceVersion()), versionOf(second));
    });

    it('creates once', async () => {
      const { storage } = create();
      await storage.create(keyOf('x'), thing('x', 1));
      assertEqual(await storage.create(keyOf('x'), thing('x', 2)), undefined);
      assertEqual((await storage.get(keyOf('x')))?.['value'], 1);
    });

    it('replaces and deletes only what has not changed', async () => {
      const { storage } = create();
      const old = versionOf(await storage.create(keyOf('x'), thing('x', 1)));
      const now = versionOf(await storage.replace(keyOf('x'), thing('x', 2), old));
      assertEqual(await storage.replace(keyOf('x'), thing('x', 3), old), undefined);
      assertEqual(await storage.delete(keyOf('x'), old), undefined);
      assertEqual((await storage.delete(keyOf('x'), now))?.['value'], 2);
      assertEqual(await storage.get(keyOf('x')), undefined);
      assertEqual(await storage.replace(keyOf('x'), thing('x', 4), now), undefined);
    });

    it('lists by namespace and name, one namespace or all', async () => {
      const { storage } = create();
      for (const [name, namespace] of [
        ['b', 'n'],
        ['a', 'z'],
        ['a', 'n'],
      ] as const) {
        await storage.create(keyOf(name, namespace), thing(name, 1, namespace));
      }
      const all = await storage.list({ resource, namespace: '' });
      assertEqual(namesOf(all.items), ['n/a', 'n/b', 'z/a']);
      assertEqual(all.resourceVersion, storage.getResourceVersion());
      assertEqual(namesOf((await storage.list({ resource, namespace: 'n' })).items), ['n/a', 'n/b']);
    });

    it('gives pages of one moment, whatever happens between them', async () => {
      const { storage } = create();
      for (const name of ['a', 'b', 'c', 'd']) await storage.create(keyOf(name), thing(name));
      const scope = { resource, namespace: 'a' };
      const first = await storage.list(scope, { limit: 2 });
      assertEqual([namesOf(first.items), first.remaining], [['a/a', 'a/b'], 2]);
      const c = await storage.get(keyOf('c'));
      await storage.replace(keyOf('c'), thing('c', 9), versionOf(c));
      await storage.create(keyOf('bb'), thing('bb'));
      const d = await storage.get(keyOf('d'));
      await storage.delete(keyOf('d'), versionOf(d));
      const rest = await storage.list(scope, {
        after: { namespace: 'a', name: 'b' },
        atResourceVersion: first.resourceVersion,
      });
      assertEqual(
        rest.items.map((item) => [item.metadata.name, item['value']]),
        [
          ['c', 1],
          ['d', 1],
        ],
      );
    });

    it('counts only what matches', async () => {
      const { storage } = create();
      for (const [index, name] of ['a', 'b', 'c', 'd'].entries())
        await storage.create(keyOf(name), thing(name, index));
      const page = await storage.list(
        { resource, namespace: 'a' },
        { limit: 1, matches: (object) => Number(object['value']) >= 2 },
      );
      assertEqual([namesOf(page.items), page.remaining], [['a/c'], 1]);
    });

    it('tells watches what happened since, then what happens, in order', async () => {
      const { storage } = create();
      const first = await storage.create(keyOf('x'), thing('x', 1));
      const from = storage.getResourceVersion();
      const second = await storage.replace(keyOf('x'), thing('x', 2), versionOf(first));
      const seen: StorageEvent[] = [];
      const watch = storage.watch({ resource, namespace: '' }, from, (event) => seen.push(event));
      await storage.create(keyOf('y', 'b'), thing('y', 3, 'b'));
      await storage.delete(keyOf('x'), versionOf(second));
      watch.close();
      await storage.create(keyOf('z'), thing('z', 4));
      assertEqual(
        seen.map(({ type, object, previous }) => [
          type,
          object.metadata.name,
          object['value'],
          previous?.['value'],
        ]),
        [
          ['MODIFIED', 'x', 2, 1],
          ['ADDED', 'y', 3, undefined],
          ['DELETED', 'x', 2, 2],
        ],
      );
      assertEqual(
        seen.every(({ object, resourceVersion }) => versionOf(object) === String(resourceVersion)),
        true,
      );
    });

    it('tells a watch of one namespace nothing of others', async () => {
      const { storage } = create();
      const seen: string[] = [];
      const watch = storage.watch({ resource, namespace: 'a' }, storage.getResourceVersion(), ({ object }) =>
        seen.push(object.metadata.name ?? ''),
      );
      await storage.create(keyOf('x', 'b'), thing('x', 1, 'b'));
      await storage.create(keyOf('y', 'a'), thing('y'));
      watch.close();
      assertEqual(seen, ['y']);
    });

    it('lists and watches objects of one name, now and as they were', async () => {
      const { storage } = create();
      for (const namespace of ['a', 'b'])
        await storage.create(keyOf('x', namespace), thing('x', 1, namespace));
      await storage.create(keyOf('y'), thing('y'));
      const from = storage.getResourceVersion();
      const named = { resource, namespace: '', name: 'x' };
      const seen: string[] = [];
      const see = ({ type, object }: StorageEvent): void =>
        void seen.push(`${type} ${namesOf([object]).join()}`);
      const gone = await storage.get(keyOf('x'));
      await storage.delete(keyOf('x'), versionOf(gone));
      const watch = storage.watch(named, from, see);
      await storage.create(keyOf('x'), thing('x', 2));
      await storage.create(keyOf('z'), thing('z'));
      watch.close();
      assertEqual(seen, ['DELETED a/x', 'ADDED a/x']);
      assertEqual(namesOf((await storage.list(named)).items), ['a/x', 'b/x']);
      const one = { ...named, namespace: 'a' };
      assertEqual(
        (await storage.list(one)).items.map((item) => item['value']),
        [2],
      );
      const past = await storage.list(one, { atResourceVersion: from });
      assertEqual(
        past.items.map((item) => item['value']),
        [1],
      );
      assertEqual((await storage.list({ ...one, name: 'none' })).items, []);
    });

    it('refuses to resume from what it has forgotten', async () => {
      const { storage, compact } = create();
      const before = await storage.create(keyOf('x'), thing('x'));
      await storage.create(keyOf('y'), thing('y'));
      compact();
      const scope = { resource, namespace: '' };
      const from = Number(versionOf(before));
      await assertRejects(() => storage.watch(scope, from, () => undefined), 'Expired');
      await assertRejects(() => storage.list(scope, { atResourceVersion: from }), 'Expired');
    });
  });
}
