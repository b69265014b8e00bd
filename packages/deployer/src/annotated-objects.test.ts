import { statusAnswer } from '@clusternet/client/fakes';
import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { createDelivery, document, pathOf } from './testing/delivery.fixture.ts';

const PREFIX = 'apps.clusternet.io/';
const OWNER = `${PREFIX}owned-by-description`;
const PATH = pathOf('configmaps', 'a');

function annotated(key: string, value: string, fields: object = {}): KubeObject {
  const object = document('ConfigMap', 'a', fields);
  object.metadata.annotations = { [`${PREFIX}${key}`]: value };
  return object;
}

/** Server-side apply with ignored fields is tried on control planes: the fake API knows no managers. */
describe('objects with annotations', () => {
  it('are adopted unless they refuse, and are once that is allowed or the way is free', async () => {
    const delivery = createDelivery();
    delivery.child.store.put(PATH, document('ConfigMap', 'a', { data: { of: 'somebody' } }));
    delivery.describe([annotated('adoption', 'Refuse', { data: { of: 'us' } }), document('Secret', 's')]);
    await expect(delivery.run()).rejects.toThrow('ConfigMap app/a is there already');
    expect(delivery.child.store.get(PATH)).toMatchObject({ data: { of: 'somebody' } });
    expect(delivery.child.store.get(pathOf('secrets', 's'))).toBeDefined();
    delivery.child.store.remove(PATH);
    await delivery.run();
    expect(delivery.child.store.get(PATH)).toMatchObject({ data: { of: 'us' } });
    delivery.describe([annotated('adoption', 'Refuse', { data: { of: 'us', more: '1' } })]);
    await delivery.run(); // ours by now
    expect(delivery.get()?.status).toMatchObject({ phase: 'Success' });
  });

  it.each(['the feed is gone', 'the Description is deleted'])(
    'stay in the child as orphans when %s',
    async (why) => {
      const delivery = createDelivery();
      delivery.describe([annotated('deletion-policy', 'Orphan'), document('ConfigMap', 'b')]);
      await delivery.run();
      if (why === 'the feed is gone') delivery.describe([]);
      else delivery.delete();
      await delivery.run();
      const left = delivery.child.store.get(PATH);
      expect(left?.metadata.annotations).toMatchObject({ [`${PREFIX}deletion-policy`]: 'Orphan' });
      expect(left?.metadata.annotations?.[OWNER] ?? undefined).toBeUndefined();
      expect(delivery.child.store.get(pathOf('configmaps', 'b'))).toBeUndefined();
    },
  );

  it('keep others of their step going when an annotation cannot be read', async () => {
    const delivery = createDelivery();
    delivery.describe([annotated('adoption', 'maybe'), document('ConfigMap', 'b')]);
    await expect(delivery.run()).rejects.toThrow('is Allow or Refuse, not "maybe"');
    expect(delivery.get()?.status?.reason).toContain('adoption of ConfigMap app/a');
    expect(delivery.child.store.get(pathOf('configmaps', 'b'))).toBeDefined();
  });

  describe('with a field that cannot be changed', () => {
    const refuseChanges = (delivery: ReturnType<typeof createDelivery>): void => {
      delivery.child.intercept(({ method, path }) => {
        if (method !== 'PATCH' || path !== PATH || delivery.child.store.get(PATH) === undefined)
          return undefined;
        const message =
          'ConfigMap "a" is invalid: data: Forbidden: field is immutable when `immutable` is set';
        return statusAnswer(422, 'Invalid', message);
      });
    };

    it('stay as they are, and say what would help', async () => {
      const delivery = createDelivery();
      delivery.describe([document('ConfigMap', 'a', { data: { k: '1' } })]);
      await delivery.run();
      refuseChanges(delivery);
      delivery.describe([document('ConfigMap', 'a', { data: { k: '2' } })]);
      await expect(delivery.run()).rejects.toThrow(/field is immutable.*replace-policy: Recreate/);
      expect(delivery.child.store.get(PATH)).toMatchObject({ data: { k: '1' } });
    });

    it('are made anew where they ask for it', async () => {
      const delivery = createDelivery();
      delivery.describe([annotated('replace-policy', 'Recreate', { data: { k: '1' } })]);
      await delivery.run();
      const { uid } = delivery.child.store.get(PATH)?.metadata ?? {};
      refuseChanges(delivery);
      delivery.describe([annotated('replace-policy', 'Recreate', { data: { k: '2' } })]);
      await delivery.run();
      expect(delivery.child.store.get(PATH)).toMatchObject({ data: { k: '2' } });
      expect(delivery.child.store.get(PATH)?.metadata.uid).not.toBe(uid);
    });
  });

  it('are refused with their size when no API server would store them', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a', { data: { k: 'x'.repeat(1_600_000) } })]);
    await expect(delivery.run()).rejects.toThrow(
      'ConfigMap app/a has 1563 KiB; an API server stores objects of at most 1536 KiB',
    );
    expect(delivery.child.takeLog()).toEqual([]);
  });
});
