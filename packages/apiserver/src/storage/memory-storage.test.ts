import { describe, expect, it } from 'vitest';
import { describeStorage } from '../compliance/storage-compliance.ts';
import { createMemoryStorage } from './memory-storage.ts';

describeStorage(
  {
    describe,
    it,
    assertEqual: (found, want) => expect(found).toEqual(want),
    assertRejects: (work, code) => expect(Promise.resolve().then(work)).rejects.toMatchObject({ code }),
  },
  () => {
    const storage = createMemoryStorage();
    return { storage, compact: () => storage.compact() };
  },
);

describe('createMemoryStorage', () => {
  it('forgets the oldest changes of a kind when there are too many', async () => {
    const storage = createMemoryStorage({ historyLimit: 4 });
    const key = (name: string) => ({ resource: 'things', namespace: '', name });
    const from = storage.getResourceVersion();
    for (let index = 0; index < 8; index += 1) {
      await storage.create(key(`x${index}`), {
        apiVersion: 'v1',
        kind: 'Thing',
        metadata: { name: `x${index}` },
      });
    }
    const scope = { resource: 'things', namespace: '' };
    expect(() => storage.watch(scope, from, () => undefined)).toThrow(/too old resource version/);
    const seen: string[] = [];
    storage.watch(scope, storage.getResourceVersion() - 2, ({ object }) =>
      seen.push(object.metadata.name ?? ''),
    );
    expect(seen).toEqual(['x6', 'x7']);
  });

  it('forgets what is older of kinds that come later, too', async () => {
    const storage = createMemoryStorage();
    const thing = { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'x' } };
    await storage.create({ resource: 'things', namespace: '', name: 'x' }, thing);
    storage.compact();
    const scope = { resource: 'others', namespace: '' };
    expect(() => storage.watch(scope, 1, () => undefined)).toThrow(/too old resource version/);
    storage.watch(scope, storage.getResourceVersion(), () => undefined).close();
  });
});
