import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { API_VERSIONS } from '@clusternet/api-types';
import type { Subscription } from '@clusternet/api-types';
import { findCondition } from '@clusternet/controller-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyToParent } from '../harness/application.ts';
import { agentObjects, applyObjects } from '../harness/apply-files.ts';
import { startProcess } from '../harness/child-process.ts';
import type { RunningProcess } from '../harness/child-process.ts';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { core, on, subscriptions, visit } from '../harness/journey.ts';
import { formatKubeconfig } from '../harness/plane.ts';
import type { Plane } from '../harness/plane.ts';
import { freePorts } from '../harness/ports.ts';
import { writeSecretFile } from '../harness/secret-file.ts';
import { requestToken } from '../harness/service-account-token.ts';
import { startPlane } from '../harness/start-plane.ts';

const APPS = resolve(import.meta.dirname, '../../apps');
const AGENT = join(APPS, 'agent/dist/clusternet-agent.js');
const HUB = join(APPS, 'hub/dist/clusternet-hub.js');
/** Of manifests/samples. */
const GOOD_TOKEN = '07401b.f395accd246ae52d';
const NEW_TOKEN = 'newone.0123456789abcdef';

describe(`bad input, on ${on} control planes`, () => {
  let fleet: Fleet;
  let newcomer: Plane;
  let kubeconfig: string;
  let count = 0;
  beforeAll(async () => {
    [fleet, newcomer] = await Promise.all([
      startFleet({
        on,
        children: [
          {
            name: 'steady',
            syncMode: 'Push',
            isAppPusherEnabled: true,
            labels: { env: 'bad' },
            flags: ['--leader-elect=false'],
          },
        ],
      }),
      startPlane(on, 'newcomer'),
    ]);
    await applyObjects(newcomer.client, agentObjects());
    const token = await requestToken(newcomer.client, 'clusternet-system', 'clusternet-agent');
    const { server, caPem } = newcomer;
    kubeconfig = file(
      'newcomer.kubeconfig',
      formatKubeconfig({ name: 'newcomer', server, caPem, user: { token } }),
    );
  });
  afterAll(async () => {
    await newcomer[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const file = (name: string, text: string): string => writeSecretFile(fleet.folder, name, text);
  const start = (program: string, args: readonly string[]): Promise<RunningProcess> => {
    count += 1;
    const name = `bad-${count}`;
    const logFile = join(fleet.folder, `${name}.log`);
    return startProcess({ name, command: process.execPath, args: [program, ...args], logFile });
  };
  const ended = async (program: string, args: readonly string[]): Promise<{ code: number; text: string }> => {
    await using running = await start(program, args);
    await eventually('the program to end', () => running.exitCode() !== undefined);
    return { code: running.exitCode() ?? -1, text: running.tail() };
  };
  /** An agent of the newcomer; `flags` come last and so win. */
  const startAgent = (flags: readonly string[]): Promise<RunningProcess> =>
    start(AGENT, [
      `--kubeconfig=${kubeconfig}`,
      `--cluster-reg-parent-url=${fleet.parent.server}`,
      `--cluster-reg-parent-ca-file=${file('parent-ca.crt', fleet.parent.caPem)}`,
      `--cluster-reg-token-file=${file('token', GOOD_TOKEN)}`,
      '--cluster-reg-name=newcomer',
      '--leader-elect=false',
      '--secure-port=0',
      ...flags,
    ]);
  /** A line of its log; `from` leaves out what an earlier process wrote. */
  const says = (running: RunningProcess, wanted: RegExp, from = 0): Promise<string> =>
    eventually(`it to say ${wanted.source}`, () => {
      const line = readFileSync(running.logFile, 'utf8')
        .slice(from)
        .split('\n')
        .findLast((text) => wanted.test(text));
      if (line !== undefined) return line;
      throw new Error(running.tail());
    });
  const healthOf = async (running: RunningProcess): Promise<(path: string) => Promise<Response>> => {
    const line = await says(running, /serving health and metrics/);
    const address = /127\.0\.0\.1:\d+/.exec(line)?.[0] ?? '';
    return (path) => fetch(`http://${address}${path}`);
  };

  it.each([
    ['clusternet-agent', AGENT, '--cluster-reg-parent-ulr=https://x', '--cluster-reg-parent-url'],
    ['clusternet-hub', HUB, '--bind-adress=127.0.0.1', '--bind-address'],
  ])('%s: a wrong flag is named with the nearest one, exit 2', async (name, program, wrong, near) => {
    const { code, text } = await ended(program, [wrong]);
    expect(code).toBe(2);
    expect(text).toContain(`${name}: ${wrong.split('=')[0]!} is not a flag; did you mean ${near}?`);
    expect(text).toContain('--help');
  });

  it('reports several mistakes together, exit 2', async () => {
    const { code, text } = await ended(AGENT, [
      '--cluster-reg-parent-url=http://10.0.0.1',
      '--cluster-reg-token=secret!',
      '--cluster-reg-name=My_Cluster',
      '--cluster-sync-mode=Push',
    ]);
    expect(code).toBe(2);
    for (const flag of ['parent-url', 'reg-token', 'reg-name', 'sync-mode']) expect(text).toContain(flag);
    expect(text).not.toContain('secret!');
    const hub = await ended(HUB, ['--roles=cook', '--tls-cert-file=/no/such/file', '--secure-port=-1']);
    expect(hub.code).toBe(2);
    for (const word of ['cook', '/no/such/file', '--secure-port']) expect(hub.text).toContain(word);
  });

  it.each([
    ['agent', AGENT, ['--cluster-reg-parent-url=https://127.0.0.1:1', `--cluster-reg-token=${GOOD_TOKEN}`]],
    ['hub', HUB, ['--secure-port=0']],
  ])('%s: a kubeconfig that cannot be read or understood is named, exit 1', async (_name, program, args) => {
    const missing = await ended(program, [...args, '--kubeconfig=/no/such/kubeconfig']);
    expect(missing.code).toBe(1);
    expect(missing.text).toContain('/no/such/kubeconfig');
    const path = file('broken.kubeconfig', 'clusters: [');
    const broken = await ended(program, [...args, `--kubeconfig=${path}`]);
    expect(broken.code).toBe(1);
    expect(broken.text).toContain(path);
    for (const { text } of [missing, broken]) expect(text).not.toMatch(/\n\s+at /); // a sentence, no stack
  });

  it('a parent that is not there is named and tried again; the agent joins when it appears', async () => {
    const [port = 0] = await freePorts(1);
    await using agent = await startAgent([`--cluster-reg-parent-url=https://127.0.0.1:${port}`]);
    await says(agent, new RegExp(`parent https://127\\.0\\.0\\.1:${port}.* cannot be reached`));
    const health = await healthOf(agent);
    const notYet = await health('/readyz');
    expect(notYet.status).toBe(503);
    expect(await notYet.text()).toContain('not registered with the parent yet');
    expect((await health('/livez')).status).toBe(200);

    await using _door = await openDoor(port, Number(new URL(fleet.parent.server).port));
    await says(agent, /"registered"/);
    await eventually('the agent to be ready', async () => (await health('/readyz')).status === 200);
  });

  it('a certificate that does not verify is named, with the flag that helps', async () => {
    const other = file('other-ca.crt', newcomer.caPem);
    await using agent = await startAgent([`--cluster-reg-parent-ca-file=${other}`]);
    const line = await says(agent, /certificate that does not verify/);
    expect(line).toContain(fleet.parent.server);
    expect(line).toContain('--cluster-reg-parent-ca-file');
    expect(agent.exitCode()).toBeUndefined();
  });

  it('a registration token that the parent does not know is said, and enough once it knows it', async () => {
    await using agent = await startAgent([`--cluster-reg-token-file=${file('unknown-token', NEW_TOKEN)}`]);
    const line = await says(agent, /registration failed/);
    expect(line).toMatch(/parent https:\/\/127\.0\.0\.1:\d+/);
    expect(line).toMatch(/Unauthorized|UNAUTHORIZED|401/);
    expect(readFileSync(agent.logFile, 'utf8')).not.toContain(NEW_TOKEN);
    const [id, secret] = NEW_TOKEN.split('.');
    await core(fleet.parent.client, 'Secret', 'secrets').create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `bootstrap-token-${id!}`, namespace: 'kube-system' },
      type: 'bootstrap.kubernetes.io/token',
      stringData: {
        'token-id': id,
        'token-secret': secret,
        'usage-bootstrap-authentication': 'true',
        'auth-extra-groups': 'system:bootstrappers:clusternet:register-cluster-token',
      },
    });
    await says(agent, /"registered"/);
  });

  it('an invalid Subscription is refused by the API, which names the field', async () => {
    const subscription = {
      apiVersion: API_VERSIONS.apps,
      kind: 'Subscription',
      metadata: { name: 'invalid', namespace: 'default' },
      spec: { subscribers: [], feeds: [{ kind: 'ConfigMap', name: 'x' }], schedulingStrategy: 'Everywhere' },
    } as unknown as Subscription;
    const refusal = await subscriptions(fleet)
      .create(subscription)
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(refusal).toMatchObject({ code: 'INVALID' });
    expect((refusal as Error).message).toContain('spec.schedulingStrategy');
    expect((refusal as Error).message).toContain('spec.feeds[0].apiVersion');
  });

  it('a child that disappears half-way through a delivery and comes back has everything in the end', async () => {
    const steady = fleet.child('steady');
    const names = Array.from({ length: 120 }, (_, index) => `many-${index}`);
    const object = (name: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default' },
    });
    await applyToParent(
      fleet.parent.client,
      names.map((name) => ({ ...object(name), data: { a: 'x'.repeat(500) } })),
    );
    await subscriptions(fleet).create({
      apiVersion: API_VERSIONS.apps,
      kind: 'Subscription',
      metadata: { name: 'app-demo', namespace: 'default' },
      spec: {
        subscribers: [{ clusterAffinity: { matchLabels: { env: 'bad' } } }],
        feeds: names.map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name })),
      },
    } as unknown as Subscription);
    const configMaps = core(steady.plane.client, 'ConfigMap', 'configmaps');
    const arrived = async (): Promise<number> => {
      const { items } = await configMaps.list({ namespace: 'default', limit: 500 });
      return items.filter(({ metadata }) => metadata.name?.startsWith('many-')).length;
    };
    await eventually('the first object', async () => (await arrived()) > 0, { intervalMs: 5 });
    await steady.agent.stop('SIGKILL');
    await steady.startAgent();
    await eventually('all objects', async () => (await arrived()) === names.length);
    await eventually('the Subscription to be ready', async () => {
      const { status } = await subscriptions(fleet).get({ namespace: 'default', name: 'app-demo' });
      return findCondition(status?.conditions, 'Ready')?.status === 'True';
    });
  });

  it('a malformed frame ends the session it came in, and no other', async () => {
    const socket = await openTunnel(fleet.parent, randomUUID());
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(binaryFrame(Buffer.alloc(12, 0xff))); // no varint is that long
    await closed;
    await using client = await visit(fleet, fleet.child('steady'));
    await core(client, 'Namespace', 'namespaces', false).get({ name: 'default' });
    expect(fleet.hub.exitCode()).toBeUndefined();
  });

  it('serves health and metrics, and nothing else', async () => {
    for (const running of [fleet.hub, fleet.child('steady').agent]) {
      const health = await healthOf(running);
      for (const path of ['/livez', '/readyz', '/healthz']) {
        await eventually(`${path} to be fine`, async () => (await health(path)).status === 200);
      }
      expect(await (await health('/metrics')).text()).toMatch(/^clusternet_/m);
      expect((await health('/debug/pprof')).status).toBe(404);
    }
  });

  it('SIGTERM drains and exits 0; a second signal ends at once', async () => {
    const steady = fleet.child('steady');
    const startMs = Date.now();
    expect(await steady.agent.stop('SIGTERM', 10_000)).toBe(0);
    expect(Date.now() - startMs).toBeLessThan(5000);
    const from = readFileSync(steady.agent.logFile, 'utf8').length;
    const again = await steady.startAgent();
    await says(again, /serving health and metrics/, from);
    // Both signals are there when the process goes on, so that the second one meets the draining.
    process.kill(again.pid, 'SIGSTOP');
    process.kill(again.pid, 'SIGTERM');
    process.kill(again.pid, 'SIGINT');
    process.kill(again.pid, 'SIGCONT');
    await eventually('the agent to end', () => again.exitCode() !== undefined);
    expect(again.exitCode()).toBe(1);
    const hubMs = Date.now();
    expect(await fleet.hub.stop('SIGTERM', 10_000)).toBe(0);
    expect(Date.now() - hubMs).toBeLessThan(5000);
  });
});

/** Passes TCP connections on. */
async function openDoor(port: number, targetPort: number): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((inbound) => {
    const outbound = connect(targetPort, '127.0.0.1');
    for (const socket of [inbound, outbound]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    inbound.pipe(outbound).pipe(inbound);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Opens a tunnel as an administrator of the parent. */
async function openTunnel({ server, connection }: Plane, clusterId: string): Promise<Socket> {
  const { caPem, certPem, keyPem, getHeaders } = connection;
  const own = (await getHeaders?.()) ?? {};
  const request = httpsRequest(`${server}/apis/${API_VERSIONS.proxies}/sockets/${clusterId}`, {
    ca: caPem,
    cert: certPem,
    key: keyPem,
    headers: {
      ...own,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16, 1).toString('base64'),
    },
  });
  return new Promise((resolve, reject) => {
    request.once('upgrade', (_response, socket) => resolve(socket));
    request.once('response', ({ statusCode }) => reject(new Error(`no upgrade but ${statusCode ?? 0}`)));
    request.once('error', reject);
    request.end();
  });
}

/** A websocket message of a client: masked, at most 125 bytes. */
function binaryFrame(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
