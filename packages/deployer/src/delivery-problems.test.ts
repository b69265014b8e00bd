import { statusAnswer } from '@clusternet/client/fakes';
import { ApiError } from '@clusternet/client';
import { isTerminalError } from '@clusternet/controller-kit';
import { describe, expect, it } from 'vitest';
import { createDelivery, descriptionPath, document, pathOf } from './testing/delivery.fixture.ts';

describe('one object of several that fails', () => {
  it('is reported by name; the others of its step are delivered, and nothing is pruned', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'stale')]);
    await delivery.run();
    const forbid = { status: 422, headers: {}, body: '{"reason":"Invalid","message":"data: bad"}' };
    delivery.child.intercept(({ method, path }) =>
      method === 'PATCH' && path.endsWith('/bad') ? forbid : undefined,
    );
    delivery.describe([
      document('ConfigMap', 'bad'),
      document('ConfigMap', 'good'),
      document('Service', 'later'),
    ]);
    await expect(delivery.run()).rejects.toThrow(
      'apply ConfigMap app/bad: child cluster a answered 422: data: bad',
    );
    const { status } = delivery.get() ?? {};
    expect(status).toMatchObject({ phase: 'Failure', observedGeneration: 2 });
    expect(status?.reason).toContain('app/bad');
    expect(status?.reason).not.toContain('good');
    expect(status?.conditions?.[0]).toMatchObject({ status: 'False', reason: 'DeployFailed' });
    expect(delivery.child.store.get(pathOf('configmaps', 'good'))).toBeDefined();
    expect(delivery.child.store.get(pathOf('services', 'later'))).toBeUndefined();
    expect(delivery.child.store.get(pathOf('configmaps', 'stale'))).toBeDefined();
  });

  it('is said once: the same failure again changes neither status nor Events', async () => {
    const delivery = createDelivery();
    delivery.child.intercept(({ method }) =>
      method === 'PATCH' ? { status: 403, headers: {}, body: 'no' } : undefined,
    );
    delivery.describe([document('ConfigMap', 'a')]);
    await expect(delivery.run()).rejects.toThrow();
    delivery.parent.takeLog();
    await delivery.clock.advance(60_000);
    await expect(delivery.run()).rejects.toThrow();
    expect(delivery.parent.takeLog()).toEqual([`GET ${descriptionPath('web')}`]);
    expect(delivery.events.map(({ reason }) => reason)).toEqual(['UnSuccessfullyDeployed']);
  });

  it('makes a namespace that nobody delivers, and leaves it behind', async () => {
    const delivery = createDelivery();
    const path = pathOf('namespaces', 'app');
    delivery.child.store.remove(path);
    delivery.describe([document('ConfigMap', 'a'), document('ConfigMap', 'b')]);
    await delivery.run();
    expect(delivery.get()?.status).toMatchObject({ phase: 'Success', reason: '' });
    expect(delivery.child.store.get(path)?.metadata.annotations).toBeUndefined();
    delivery.delete();
    await delivery.run();
    expect(delivery.child.store.get(pathOf('configmaps', 'a'))).toBeUndefined();
    expect(delivery.child.store.get(path)).toBeDefined();
  });

  it('says why a namespace cannot be made', async () => {
    const delivery = createDelivery();
    delivery.child.store.remove(pathOf('namespaces', 'app'));
    delivery.child.intercept(({ method, path }) =>
      method === 'POST' && path === '/api/v1/namespaces'
        ? statusAnswer(403, 'Forbidden', 'no namespaces for you')
        : undefined,
    );
    delivery.describe([document('ConfigMap', 'a')]);
    await expect(delivery.run()).rejects.toThrow('no namespaces for you');
  });

  it('is not delivered into what is being deleted, and is once that is gone', async () => {
    const delivery = createDelivery();
    const path = pathOf('configmaps', 'a');
    const leaving = document('ConfigMap', 'a');
    leaving.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    leaving.metadata.finalizers = ['example.com/slow'];
    delivery.child.store.put(path, leaving);
    delivery.describe([document('ConfigMap', 'a')]);
    await expect(delivery.run()).rejects.toThrow(
      'ConfigMap app/a is being deleted; it is delivered once it is gone (its finalizers: example.com/slow)',
    );
    delivery.child.store.remove(path);
    await delivery.run();
    expect(delivery.get()?.status).toMatchObject({ phase: 'Success' });
  });

  it('says that it has no namespace although its kind needs one', async () => {
    const delivery = createDelivery();
    const nowhere = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
    delivery.describe([nowhere]);
    await expect(delivery.run()).rejects.toThrow('ConfigMap a has no namespace');
  });

  it('says that its kind is not served', async () => {
    const delivery = createDelivery();
    delivery.describe([document('Widget', 'w', {}, 'example.com/v1')]);
    await expect(delivery.run()).rejects.toThrow(
      'does not serve Widget of example.com/v1; install its CRD there',
    );
  });
});

describe('ownership', () => {
  it('stays with the first Description', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a', { data: { by: 'web' } })]);
    await delivery.run();
    delivery.describe([document('ConfigMap', 'a', { data: { by: 'other' } })], 'other');
    await expect(delivery.run('other')).rejects.toThrow(
      'ConfigMap app/a belongs to the Description clusternet-abc.web already; remove it from one of the two',
    );
    expect(delivery.child.store.get(pathOf('configmaps', 'a'))?.['data']).toEqual({ by: 'web' });
    expect(delivery.get('other')?.status?.phase).toBe('Failure');
    delivery.delete('other');
    await delivery.run('other');
    expect(delivery.child.store.get(pathOf('configmaps', 'a'))).toBeDefined();
    delivery.delete();
    await delivery.run();
    expect(delivery.child.store.get(pathOf('configmaps', 'a'))).toBeUndefined();
  });

  it('goes to one of two that come at the same moment', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a', { data: { by: 'web' } })]);
    delivery.describe([document('ConfigMap', 'a', { data: { by: 'other' } })], 'other');
    const results = await Promise.allSettled([delivery.run(), delivery.run('other')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const phases = [delivery.get()?.status?.phase, delivery.get('other')?.status?.phase];
    expect(phases.sort()).toEqual(['Failure', 'Success']);
  });

  it('is taken of an object that nobody owns', async () => {
    const delivery = createDelivery();
    delivery.child.store.put(pathOf('configmaps', 'a'), document('ConfigMap', 'a', { data: { old: 'x' } }));
    delivery.describe([document('ConfigMap', 'a', { data: { k: '1' } })]);
    await delivery.run();
    expect(delivery.child.store.get(pathOf('configmaps', 'a'))?.['data']).toEqual({ old: 'x', k: '1' });
  });

  it('does not lead to the deletion of an object that took the name meanwhile', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a')]);
    await delivery.run();
    const path = pathOf('configmaps', 'a');
    delivery.child.intercept(({ method }) => {
      if (method !== 'DELETE') return undefined;
      delivery.child.store.remove(path);
      delivery.child.store.put(path, document('ConfigMap', 'a'));
      return undefined;
    });
    delivery.describe([]);
    await delivery.run();
    expect(delivery.child.store.get(path)).toBeDefined();
    expect(delivery.events.map(({ reason }) => reason)).not.toContain('SuccessfullyPruningFeed');
  });
});

describe('a child that is out of reach', () => {
  it.each(['UNREACHABLE', 'UNAVAILABLE', 'TIMEOUT'] as const)(
    'is a wait, not a failure (%s)',
    async (code) => {
      const delivery = createDelivery();
      const end = delivery.child.intercept(() => {
        throw new ApiError(code, 'child cluster a cannot be reached (ECONNREFUSED)');
      });
      delivery.describe([document('ConfigMap', 'a'), document('ConfigMap', 'b')]);
      expect(await delivery.run()).toEqual({ requeueAfterMs: 15_000 });
      expect(delivery.get()?.status).toMatchObject({
        reason: 'child cluster a cannot be reached (ECONNREFUSED)',
        conditions: [{ type: 'Ready', status: 'Unknown', reason: 'ClusterUnreachable' }],
      });
      expect(delivery.get()?.status?.phase).toBeUndefined();
      expect(delivery.events).toEqual([]);
      end();
      await delivery.run();
      expect(delivery.get()?.status).toMatchObject({ phase: 'Success', reason: '' });
    },
  );

  it('does not get the blame for a parent that is', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a')]);
    delivery.parent.intercept(({ method }) =>
      method === 'GET' ? { status: 503, headers: {}, body: '' } : undefined,
    );
    await expect(delivery.run()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(delivery.get()?.status).toBeUndefined();
  });

  it('is what the target says, with its reason, until it says otherwise', async () => {
    const delivery = createDelivery();
    const child = delivery.target;
    delivery.describe([document('ConfigMap', 'a')]);
    delivery.target = { kind: 'wait', reason: 'CredentialMissing', message: 'no credential yet' };
    expect(await delivery.run()).toEqual({ requeueAfterMs: 15_000 });
    expect(delivery.get()?.status?.conditions?.[0]).toMatchObject({
      reason: 'CredentialMissing',
      status: 'Unknown',
    });
    delivery.parent.takeLog();
    await delivery.run();
    expect(delivery.parent.takeLog()).toEqual([]);
    delivery.target = child;
    await delivery.run();
    expect(delivery.get()?.status?.phase).toBe('Success');
  });
});

describe('what cannot be understood', () => {
  it('in the spec is on the Description, and not tried again', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a'), '%%%']);
    const error: unknown = await delivery.run().catch((cause: unknown) => cause);
    expect(isTerminalError(error)).toBe(true);
    expect(delivery.get()?.status).toMatchObject({
      phase: 'Failure',
      reason: 'spec.raw[1] is not base64 of a JSON document',
    });
    expect(delivery.child.takeLog()).toEqual([]);
  });

  it('in the record is on the Description, and deletes nothing', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a')]);
    await delivery.run();
    const live = delivery.get();
    if (live === undefined) throw new Error('gone');
    live.metadata.annotations = { 'apps.clusternet.io/inventory': 'nonsense' };
    delivery.parent.store.put(descriptionPath('web'), { ...live });
    delivery.describe([]);
    await expect(delivery.run()).rejects.toMatchObject({ code: 'INVALID_INVENTORY' });
    expect(delivery.get()?.status?.reason).toContain('remove it by hand');
    delivery.delete();
    await expect(delivery.run()).rejects.toMatchObject({ code: 'INVALID_INVENTORY' });
    expect(delivery.child.store.get(pathOf('configmaps', 'a'))).toBeDefined();
  });
});

describe('a CRD', () => {
  const group = 'example.com';
  const crd = document(
    'CustomResourceDefinition',
    'widgets.example.com',
    { spec: { group, names: { kind: 'Widget' }, versions: [{ name: 'v1', served: true }] } },
    'apiextensions.k8s.io/v1',
  );
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name ?? ''}`;
  const establish = (delivery: ReturnType<typeof createDelivery>): void => {
    const live = delivery.child.store.get(path);
    if (live === undefined) throw new Error('no CRD');
    delivery.child.store.put(path, {
      ...live,
      status: { conditions: [{ type: 'Established', status: 'True' }] },
    });
  };

  it('is waited for until its objects can be sent', async () => {
    const delivery = createDelivery();
    delivery.describe([document('Widget', 'w', {}, 'example.com/v1'), crd]);
    const done = delivery.run();
    await delivery.clock.advance(300);
    establish(delivery);
    await delivery.clock.advance(300);
    expect(delivery.get()?.status).toBeUndefined();
    delivery.child.refs.push({ group, version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true });
    await delivery.clock.advance(300);
    expect(await done).toEqual({});
    expect(delivery.child.store.get('/apis/example.com/v1/namespaces/app/widgets/w')).toBeDefined();
    expect(delivery.clock.pending()).toBe(0);
  });

  it('that is not served in time is a failure with its name', async () => {
    const delivery = createDelivery();
    delivery.describe([crd]);
    const failed = expect(delivery.run()).rejects.toThrow(
      'widgets.example.com was not established in 15000 ms',
    );
    await delivery.clock.advance(16_000);
    await failed;
  });
});

it('being stopped is no failure of the objects', async () => {
  const delivery = createDelivery();
  delivery.describe([document('ConfigMap', 'a')]);
  delivery.child.intercept((_request, signal) => {
    return new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('socket closed')), { once: true });
    });
  });
  const why = new Error('stopping');
  const controller = new AbortController();
  const done = delivery.runUntil(controller.signal);
  await delivery.clock.advance(0);
  controller.abort(why);
  await expect(done).rejects.toBe(why);
  expect(delivery.get()?.status).toBeUndefined();
});
