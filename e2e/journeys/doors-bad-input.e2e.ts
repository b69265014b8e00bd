import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyObjects } from '../harness/apply-files.ts';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { on } from '../harness/journey.ts';
import { formatKubeconfig } from '../harness/plane.ts';
import { installPlugin } from '../harness/plugin.ts';
import type { Plugin } from '../harness/plugin.ts';

/** As long as sentences may be together: a hint may stand behind an error, and a refused name is repeated in the error. */
const MAX_LINES = 3;
const NOBODY = 'dc91021d-2361-4f6d-a404-7c33b9e01118';

describe(`what the plugin says of bad input, on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let fleet: Fleet;
  let plugin: Plugin;
  /** Files that command lines name in capitals. */
  const files = new Map<string, string>();

  /** Runs a command line, and holds it to a few lines without a trace of a program. */
  const says = async (line: string): Promise<{ readonly code: number; readonly stderr: string }> => {
    const args = line.split(' ').map((word) => files.get(word) ?? word);
    const { code, stderr } = await plugin.run(args);
    expect(stderr.trim().split('\n').length, stderr).toBeLessThanOrEqual(MAX_LINES);
    for (const trace of ['    at ', 'Unhandled', 'memcache.go', 'undefined', '[object'])
      expect(stderr).not.toContain(trace);
    return { code, stderr };
  };

  beforeAll(async () => {
    fleet = stack.use(
      await startFleet({ on, children: [{ name: 'one', syncMode: 'Pull', isAppPusherEnabled: false }] }),
    );
    plugin = stack.use(installPlugin(fleet.parent.kubeconfig));
    const { server, caPem, kubeconfig } = fleet.parent;
    const user = { token: 'nobody' };
    const texts: Readonly<Record<string, string>> = {
      BROKEN: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n data: [\n',
      UNKNOWN: 'apiVersion: v1\nkind: Foo\nmetadata:\n  name: x\n',
      LONG: `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${'x'.repeat(254)}\n`,
      TYPO: 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: x\nspec:\n  replicsa: 2\n',
      EXPIRED: formatKubeconfig({ name: 'p', server, caPem, user }),
      AWAY: formatKubeconfig({ name: 'p', server: 'https://127.0.0.1:1', caPem, user }),
      STRANGER: kubeconfig.replace(/"?certificate-authority-data"?: "?[^",\n]+"?,?/, ''),
      GARBAGE: 'apiVersion: v1\nclusters: [}\n',
    };
    for (const [name, text] of Object.entries(texts)) files.set(name, plugin.write(name, text));
    files.set('ABSENT', '/nonexistent/kubeconfig');
    files.set('ID', fleet.child('one').clusterId);
    await eventually('templates to be served', async () => (await plugin.run(['get', 'deploy'])).code === 0);
  });
  afterAll(() => stack.disposeAsync());

  it.each([
    ['apply -f BROKEN', 'error parsing', 'yaml: line 4'],
    ['apply -f UNKNOWN', 'no matches for kind "Foo" in version "v1"'],
    ['apply -f LONG', 'must be no more than 253'],
    ['apply -f TYPO', 'unknown field "spec.replicsa"'],
    ['get foos', `doesn't have a resource type "foos"`],
    ['get foos --clusters all', 'answered 403', 'docs/guides/visiting.md'],
    ['status nope', 'subscriptions.apps.clusternet.io "nope" not found'],
    [
      `get cm --cluster-id ${NOBODY}`,
      `cluster ${NOBODY} through parent https://`,
      `no cluster id is ${NOBODY}`,
    ],
    ['get cm --cluster-id north', 'there is no cluster north: there are one'],
  ])('%s', async (line, ...wants) => {
    const { code, stderr } = await says(line);
    for (const want of wants) expect(stderr).toContain(want);
    expect(code).toBe(1);
  });

  describe.each([
    ['EXPIRED', 'answered 401', 'log in anew'],
    ['AWAY', 'parent https://127.0.0.1:1 cannot be reached (ECONNREFUSED)'],
    ['STRANGER', 'shows a certificate that does not verify', 'give the CA that signed it'],
    ['ABSENT', '/nonexistent/kubeconfig names no cluster to talk to; give --kubeconfig or --context'],
    ['GARBAGE', 'names no cluster to talk to', 'yaml: '],
  ])('with a kubeconfig that is %s', (kubeconfig, ...wants) => {
    it.each([
      'get deploy',
      'get cm --clusters all',
      'status x',
      'accept x',
      'get cm --cluster-id ID',
      'logs x --cluster-id ID',
    ])('%s', async (line) => {
      const { code, stderr } = await says(
        `${line} --kubeconfig KUBECONFIG`.replace('KUBECONFIG', kubeconfig),
      );
      for (const want of wants) expect(stderr).toContain(want);
      expect(code).toBe(1);
    });
  });

  it.each([
    ['get deploy --as carol', 'User "carol" cannot list resource "deployments" in API group "shadow"'],
    [
      'get cm --clusters all --as carol',
      'User "carol" cannot list resource "managedclusters"',
      'kubectl clusternet doctor',
    ],
    [
      'get cm --cluster-id one --as carol',
      'cannot list resource "managedclusters"',
      'kubectl clusternet doctor',
    ],
    ['get cm --cluster-id ID --as carol', 'sockets', 'carol'],
    ['cordon one --as carol', 'carol', 'kubectl clusternet doctor'],
    ['join east --as carol', 'carol', 'kubectl clusternet doctor'],
    [
      'get cm --cluster-id one --child-kubeconfig EXPIRED',
      'answered 401',
      '--child-kubeconfig, or the parent yours',
    ],
    ['get cm --cluster-id one --child-kubeconfig ABSENT', '/nonexistent/kubeconfig names no cluster'],
  ])('without the right: %s', async (line, ...wants) => {
    const { code, stderr } = await says(line);
    for (const want of wants) expect(stderr).toContain(want);
    expect(code).toBe(1);
  });

  it('lets choose between two clusters of one name', async () => {
    await applyObjects(fleet.parent.client, [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'another' } },
      {
        apiVersion: 'clusters.clusternet.io/v1beta1',
        kind: 'ManagedCluster',
        metadata: { namespace: 'another', name: 'one' },
        spec: { clusterId: NOBODY, syncMode: 'Pull' },
      },
    ]);
    for (const line of ['get cm --cluster-id one', 'get cm --clusters one', 'cordon one', 'doctor one']) {
      const { code, stderr } = await says(line);
      expect(stderr).toContain(`one is the name of 2 clusters; give one of `);
      expect(stderr).toContain(NOBODY);
      expect(code).toBe(1);
    }
  });

  it('says that an agent is away', async () => {
    await fleet.child('one').agent.stop();
    for (const line of [
      'get cm',
      'logs x',
      'exec x -- ls',
      'cp x:a b',
      'port-forward x 80',
      'attach x',
      'describe cm',
    ]) {
      const [command = '', ...rest] = line.split(' ');
      const { code, stderr } = await says([command, '--cluster-id', 'ID', ...rest].join(' '));
      expect(stderr, line).toContain('whose agent is disconnected');
      expect(stderr, line).toContain('`kubectl clusternet doctor ');
      expect(code).toBe(1);
    }
  });

  it('says that the hub is away', async () => {
    await fleet.hub.stop();
    await eventually('it to be gone', async () => (await plugin.run(['get', 'deploy'])).code !== 0);
    const templates = await says('get deploy');
    expect(templates.stderr).toContain(
      'this parent serves no templates: `kubectl clusternet doctor` says why',
    );
    const inside = await says('get cm --cluster-id ID');
    expect(inside.stderr).toMatch(/^error: .* answered 503: /);
    expect(inside.stderr).toContain('`kubectl clusternet doctor ');
    expect([templates.code, inside.code]).toEqual([1, 1]);
  });
});
