import { silentLogger } from '@clusternet/runtime';
import { describe, expect, it } from 'vitest';
import { runHealthServer } from './health-server.ts';
import type { HealthServerDeps } from './health-server.ts';
import { createPrometheusMetrics } from './prometheus-metrics.ts';

interface Running extends AsyncDisposable {
  readonly url: string;
}

async function start(deps: Partial<HealthServerDeps> = {}): Promise<Running> {
  const controller = new AbortController();
  const bound = Promise.withResolvers<number>();
  const running = runHealthServer(
    { metrics: createPrometheusMetrics(), checks: new Map(), log: silentLogger, ...deps },
    { host: '127.0.0.1', port: 0, onListening: bound.resolve },
    controller.signal,
  );
  return {
    url: `http://127.0.0.1:${await bound.promise}`,
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await running;
    },
  };
}

describe('runHealthServer', () => {
  it('is alive whatever its checks say', async () => {
    await using server = await start({ checks: new Map([['a', () => 'not yet']]) });
    const response = await fetch(`${server.url}/livez`);
    expect([response.status, await response.text()]).toEqual([200, 'ok\n']);
  });

  it('says what is not ready, and why', async () => {
    let problem: string | undefined = 'not yet';
    const checks = new Map([
      ['a', () => problem],
      ['b', () => undefined],
    ]);
    await using server = await start({ checks });
    const before = await fetch(`${server.url}/readyz`);
    expect(before.status).toBe(503);
    expect(await before.text()).toBe('[-]a failed: not yet\n[+]b ok\nreadyz check failed\n');
    problem = undefined;
    expect(await (await fetch(`${server.url}/readyz`)).text()).toBe('ok\n');
    expect(await (await fetch(`${server.url}/healthz?verbose`)).text()).toBe(
      '[+]a ok\n[+]b ok\nhealthz check passed\n',
    );
  });

  it('serves metrics', async () => {
    const metrics = createPrometheusMetrics();
    metrics.counter({ name: 'x_total', help: 'Xs.', labelNames: ['kind'] }).add(2, { kind: 'a' });
    metrics.counter({ name: 'x_total', help: 'Xs.', labelNames: ['kind'] }).add(1, { kind: 'a' });
    metrics.gauge({ name: 'y_keys', help: 'Ys.' }).set(5);
    metrics.gauge({ name: 'y_keys', help: 'Ys.' }).add(-1);
    metrics.histogram({ name: 'z_seconds', help: 'Zs.', buckets: [1, 2] }).observe(1.5);
    await using server = await start({ metrics });
    const response = await fetch(`${server.url}/metrics`);
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('text/plain');
    for (const line of [
      'x_total{kind="a"} 3',
      'y_keys 4',
      'z_seconds_bucket{le="2"} 1',
      'process_cpu_seconds_total',
    ])
      expect(text).toContain(line);
  });

  it('answers 500 to a check or metric that throws, and lives on', async () => {
    const throws = (): never => {
      throw new Error('broken');
    };
    const metrics = { ...createPrometheusMetrics(), format: () => Promise.reject(new Error('broken')) };
    await using server = await start({ checks: new Map([['a', throws]]), metrics });
    expect((await fetch(`${server.url}/readyz`)).status).toBe(500);
    expect((await fetch(`${server.url}/metrics`)).status).toBe(500);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  });

  it('knows no other paths and no other methods', async () => {
    await using server = await start();
    expect((await fetch(`${server.url}/secrets`)).status).toBe(404);
    expect((await fetch(`${server.url}/livez`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${server.url}/livez`, { method: 'HEAD' })).status).toBe(200);
  });

  it('fails when its port is taken, and ends although clients keep their connections', async () => {
    const server = await start();
    await fetch(`${server.url}/livez`);
    const { port } = new URL(server.url);
    const second = runHealthServer(
      { metrics: createPrometheusMetrics(), checks: new Map(), log: silentLogger },
      { host: '127.0.0.1', port: Number(port) },
      new AbortController().signal,
    );
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await server[Symbol.asyncDispose]();
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
  });
});
