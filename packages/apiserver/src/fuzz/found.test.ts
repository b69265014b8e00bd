import { describe, expect, it } from 'vitest';
import { invalidValue } from '../registry/object-rules.ts';
import { createThingServer } from './request-targets.fixture.ts';
import { createThingBench, THING } from './thing-bench.fixture.ts';

const PATH = '/apis/example.com/v1/namespaces/ns/things/x';
const call = { query: '', accept: '', contentType: 'application/json' };

/** What properties have found; each stays found. */
describe('input that was not taken', () => {
  it('forgets an applied label called __proto__ without taking a prototype for one', async () => {
    const bench = createThingBench();
    await bench.apply('one', {
      labels: Object.fromEntries([
        ['__proto__', 'red'],
        ['a', 'red'],
      ]),
    });
    const object = await bench.apply('one', { labels: { a: 'red' } });
    expect(object['spec']).toEqual({ labels: { a: 'red' } });
  });

  it('writes replicas below a path through __proto__ into the object, not into all objects', async () => {
    const scale = { specReplicas: 'spec.__proto__.polluted', statusReplicas: 'spec.__proto__.polluted' };
    const send = await createThingServer(createThingBench({ ...THING, scale }));
    const body =
      '{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"x"},"spec":{"replicas":3}}';
    await send({ ...call, method: 'PUT', path: `${PATH}/scale`, body });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('refuses options of a kind that is no text but holds an integer that no number can hold', async () => {
    const send = await createThingServer();
    const body = '{"apiVersion":{"a":9007199254740993},"kind":[]}';
    expect(await send({ ...call, method: 'DELETE', path: PATH, body })).toBe(400);
  });

  it('refuses an object whose name is no text', async () => {
    const send = await createThingServer();
    const body = '{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":{"toString":null}}}';
    expect(await send({ ...call, method: 'PUT', path: PATH, body })).toBe(400);
  });

  it('shows an invalid integer that no number can hold', () => {
    expect(invalidValue('spec.a', -9007199254740993n, 'is negative').message).toBe(
      'Invalid value: -9007199254740993: is negative',
    );
  });

  it('refuses an empty map where an applied one was, as Kubernetes does: it has become null', async () => {
    const bench = createThingBench();
    await bench.apply('one', { labels: { a: 'red' } });
    await expect(bench.apply('one', { labels: {} })).rejects.toMatchObject({
      code: 'Invalid',
      details: { causes: [{ field: 'spec.labels' }] },
    });
  });
});
