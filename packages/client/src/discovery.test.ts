import { describe, expect, it } from 'vitest';
import { createDiscovery } from './discovery.ts';
import { createFakeApi, json } from './fakes/index.ts';

const widget = { group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true };

describe('createDiscovery', () => {
  it('asks once for a group version, however many kinds and callers', async () => {
    const api = createFakeApi();
    const discovery = createDiscovery(api.transport);
    const kinds = ['ConfigMap', 'Secret', 'Service', 'Namespace'];
    const refs = await Promise.all(kinds.map((kind) => discovery.resolve('v1', kind)));
    expect(refs.map(({ plural }) => plural)).toEqual(['configmaps', 'secrets', 'services', 'namespaces']);
    await discovery.resolve('v1', 'Secret');
    expect(api.takeLog()).toEqual(['GET /api/v1']);
  });

  it('finds a kind that is installed later, in a group known and unknown before', async () => {
    const api = createFakeApi();
    const discovery = createDiscovery(api.transport);
    await expect(discovery.resolve('example.com/v1', 'Widget')).rejects.toMatchObject({
      code: 'UNKNOWN_KIND',
    });
    api.refs.push(widget);
    await expect(discovery.resolve('example.com/v1', 'Widget')).resolves.toEqual(widget);
    api.refs.push({ ...widget, kind: 'Gadget', plural: 'gadgets' });
    await expect(discovery.resolve('example.com/v1', 'Gadget')).resolves.toMatchObject({ plural: 'gadgets' });
    expect(api.takeLog()).toEqual(Array(3).fill('GET /apis/example.com/v1'));
  });

  it('does not fail a caller because another one gave up', async () => {
    const api = createFakeApi();
    const gate = Promise.withResolvers<undefined>();
    api.intercept(() => gate.promise);
    const discovery = createDiscovery(api.transport);
    const controller = new AbortController();
    const first = discovery.resolve('v1', 'Secret', controller.signal);
    const second = discovery.resolve('v1', 'Secret');
    const failed = expect(first).rejects.toThrow();
    controller.abort();
    gate.resolve(undefined);
    await failed;
    await expect(second).resolves.toMatchObject({ plural: 'secrets' });
  });

  it('passes on why it could not ask, and asks again next time', async () => {
    const api = createFakeApi();
    const end = api.intercept(() => ({ status: 503, headers: {}, body: '' }));
    const discovery = createDiscovery(api.transport);
    await expect(discovery.resolve('v1', 'Secret')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    end();
    await expect(discovery.resolve('v1', 'Secret')).resolves.toMatchObject({ plural: 'secrets' });
  });

  it('passes over entries that make no sense, and subresources', async () => {
    const api = createFakeApi();
    api.intercept(() =>
      json(200, { resources: [null, {}, { name: 'pods/log', kind: 'Pod' }, { name: 'pods', kind: 'Pod' }] }),
    );
    const found = await createDiscovery(api.transport).listResources('v1');
    expect(found.map(({ plural, namespaced }) => [plural, namespaced])).toEqual([['pods', false]]);
  });

  it('forgets when told to', async () => {
    const api = createFakeApi();
    const discovery = createDiscovery(api.transport);
    await discovery.listResources('v1');
    discovery.invalidate();
    await discovery.listResources('v1');
    expect(api.requests).toHaveLength(2);
  });
});
