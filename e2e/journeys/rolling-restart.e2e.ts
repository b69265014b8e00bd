import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBalancer } from '../harness/balancer.ts';
import type { Balancer } from '../harness/balancer.ts';
import type { RunningProcess } from '../harness/child-process.ts';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { core, on, visit } from '../harness/journey.ts';
import { freePorts } from '../harness/ports.ts';
import { hubServes, installHub } from '../harness/start-hub.ts';
import type { HubInstallation } from '../harness/start-hub.ts';

/** Long enough for callers to find the other hub; `/readyz` tells them within this test's poll. */
const DELAY = '--shutdown-delay-duration=3s';

/**
 * What a real kube-apiserver says of a write that was on its way when its HTTP/2 connection to the hub was closed: nothing was
 * done, but it does not repeat what has a body.
 */
const LOST_BY_HTTP2 =
  /: (?:create|delete) .*(?:cannot retry err .* after Request\.Body was written|cannot rewind body after connection loss)/;

/** `/readyz` of a hub itself, as whatever balances asks it. */
function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(
      { host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false, agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    asked.once('error', () => resolve(false));
    asked.end();
  });
}

describe(`two hubs that are restarted one after the other, on ${on} control planes`, () => {
  let fleet: Fleet;
  let balancer: Balancer;
  let installation: HubInstallation;
  const hubs = new Map<number, RunningProcess>();
  let probing: NodeJS.Timeout;

  beforeAll(async () => {
    balancer = await startBalancer();
    const ports = await freePorts(2);
    fleet = await startFleet({
      on,
      children: [{ name: 'one', syncMode: 'Dual', isAppPusherEnabled: true }],
      startHub: async (parent, folder) => {
        installation = await installHub(parent, folder, balancer.port);
        for (const [index, port] of ports.entries()) {
          hubs.set(port, await installation.startReplica(`hub-${index}`, port, [DELAY]));
        }
        await eventually('both hubs to be ready', async () =>
          (await Promise.all(ports.map(isReady))).every(Boolean),
        );
        balancer.setBackends(ports);
        const [first] = hubs.values();
        await hubServes(parent, first!);
        return first!;
      },
    });
    probing = setInterval(() => {
      void Promise.all(ports.map(isReady)).then((ready) => {
        balancer.setBackends(ports.filter((_port, index) => ready[index]));
      });
    }, 200);
  });
  afterAll(async () => {
    clearInterval(probing);
    for (const hub of hubs.values()) await hub.stop();
    await fleet[Symbol.asyncDispose]();
    await balancer[Symbol.asyncDispose]();
  });

  it('drops no request, and the child stays ready', async () => {
    const [one] = fleet.children;
    await using child = await visit(fleet, one!);
    const maps = core(child, 'ConfigMap', 'configmaps');
    const failures: string[] = [];
    let done = 0;
    /** See docs/spec/peers.md, "What is not there". */
    let lost = 0;
    let isOver = false;
    const load = async (lane: number): Promise<void> => {
      for (let turn = 0; !isOver; turn += 1) {
        const name = `m-${lane}-${turn}`;
        try {
          await maps.create({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { namespace: 'default', name },
            data: { body: 'x'.repeat(10_000) },
          });
          await maps.get({ namespace: 'default', name });
          await maps.delete({ namespace: 'default', name });
          done += 3;
        } catch (error) {
          const text = String(error);
          if (on === 'real' && LOST_BY_HTTP2.test(text)) lost += 1;
          else failures.push(text);
        }
      }
    };
    const loads = [load(0), load(1), load(2)];
    for (const [port, hub] of [...hubs]) {
      const before = done;
      await eventually('requests to pass', () => done > before + 30);
      expect(await hub.stop('SIGTERM', 20_000)).toBe(0);
      await eventually('requests to pass without it', () => done > before + 60);
      hubs.set(port, await installation.startReplica(`hub-again-${port}`, port, [DELAY]));
      await eventually('it to be ready again', () => isReady(port));
      await eventually('the balancer to know', async () => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        return true;
      });
    }
    isOver = true;
    await Promise.all(loads);
    expect(failures).toEqual([]);
    expect(lost).toBeLessThanOrEqual(2 * hubs.size);
    const logs = readdirSync(fleet.folder)
      .filter((file) => file.startsWith('hub-') && file.endsWith('.log'))
      .map((file) => readFileSync(join(fleet.folder, file), 'utf8'));
    for (const log of logs) expect(log).toContain('peer linked');
    // Which of them are asked is the parent's choice, as long as it has one: each was away once.
    expect(logs.filter((log) => log.includes('proxied request')).length).toBeGreaterThan(1);
    const { status } = await fleet.clusters.get({ namespace: one!.namespace, name: 'one' });
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    expect(ready?.status).toBe('True');
  });

  it('resumes watches', async () => {
    const [one] = fleet.children;
    await using child = await visit(fleet, one!);
    const maps = core(child, 'ConfigMap', 'configmaps');
    const local = core(one!.plane.client, 'ConfigMap', 'configmaps');
    const { resourceVersion = '' } = (await maps.list({ namespace: 'default' })) as {
      resourceVersion?: string;
    };
    const seen: string[] = [];
    let at = resourceVersion;
    let watches = 0;
    const stop = new AbortController();
    const follow = (async () => {
      while (!stop.signal.aborted) {
        // A watch that begins anew in the moment its hub closes is refused, and tried again, as every client does.
        const events = await eventually('the watch to begin anew', () =>
          maps.watch({ namespace: 'default', resourceVersion: at }, stop.signal),
        );
        watches += 1;
        for await (const event of events) {
          if (event.type === 'BOOKMARK') {
            at = event.resourceVersion;
            continue;
          }
          at = event.object.metadata.resourceVersion ?? at;
          seen.push(`${event.type} ${event.object.metadata.name ?? ''}`);
        }
      }
    })().catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
    await eventually('the watch to begin', () => watches > 0);
    const add = (name: string) =>
      local.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace: 'default', name },
      });
    await add('before');
    for (const [port, hub] of [...hubs]) {
      expect(await hub.stop('SIGTERM', 20_000)).toBe(0);
      await add(`during-${port}`);
      hubs.set(port, await installation.startReplica(`hub-third-${port}`, port, [DELAY]));
      await eventually('it to be ready again', () => isReady(port));
    }
    await add('after');
    await eventually('all that happened to be seen', () => seen.includes('ADDED after'));
    stop.abort();
    await follow;
    expect(seen).toEqual([
      'ADDED before',
      ...[...hubs.keys()].map((port) => `ADDED during-${port}`),
      'ADDED after',
    ]);
    expect(watches).toBeGreaterThan(1);
  });
});
