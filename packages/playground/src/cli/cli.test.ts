import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createKubeClient } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { createConnection, parseKubeconfig } from '@clusternet/client/kubeconfig';
import { createTransport } from '@clusternet/client/undici';
import { systemClock } from '@clusternet/runtime';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PROTOCOL, RUN_FILE } from '../control/run-file.ts';
import type { PlaygroundStatus } from '../control/control-routes.ts';
import { createTestCli, isAlive } from '../testing/run-cli.fixture.ts';
import type { TestCli } from '../testing/run-cli.fixture.ts';

// A start takes a second or two on an idle machine, and many on one that runs every test at once.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const statusOf = async (cli: TestCli, ...args: readonly string[]): Promise<PlaygroundStatus> =>
  JSON.parse((await cli.run('status', '-o', 'json', ...args)).out) as PlaygroundStatus;

describe('a playground in the background', () => {
  const stack = new AsyncDisposableStack();
  let cli: TestCli;
  let client: KubeClient;
  const configMaps = () =>
    client.resource({ group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true });
  const create = (name: string) =>
    configMaps().create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } });
  const names = async () =>
    (await configMaps().list({ namespace: 'default' })).items.map(({ metadata }) => metadata.name);

  beforeAll(async () => {
    cli = stack.use(await createTestCli());
    stack.defer(async () => {
      await cli.run('down');
    });
    const { code, out, err } = await cli.start('up', '-d', '--clusters', 'east,west').result;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/east is ready at https:\/\/127\.0\.0\.1:\d+ /);
    expect(out).toMatch(/west is ready at https:\/\/127\.0\.0\.1:\d+ /);
    expect(out).toContain(`export KUBECONFIG=${join(cli.root, 'default', 'kubeconfig')}`);
    const kubeconfig = await cli.run('kubeconfig', 'east');
    const connection = await createConnection(parseKubeconfig(kubeconfig.out, { path: 'east' }), {
      clock: systemClock,
      path: 'east',
    });
    client = createKubeClient(stack.use(createTransport({ ...connection, name: 'east' })));
  });
  afterAll(() => stack.disposeAsync());

  it('shows its clusters', async () => {
    const { code, out, err } = await cli.start('status').result;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^NAME +STATE +URL +NODES +PODS +UPTIME +FAULTS\neast +ready +https\S+ +1 +0 +\d+s +-\nwest/,
    );
    expect(await statusOf(cli)).toMatchObject({
      name: 'default',
      isUp: true,
      clusters: [
        { name: 'east', state: 'ready', nodes: 1 },
        { name: 'west', state: 'ready', nodes: 1 },
      ],
    });
  });

  it('keeps its files to their owner', async () => {
    const directory = join(cli.root, 'default');
    const modes = [directory, ...(await cli.files()).map((name) => join(directory, name))].map(
      async (path) => (await stat(path)).mode & 0o077,
    );
    expect(await Promise.all(modes)).toEqual(Array.from({ length: 6 }, () => 0));
  });

  it('is one of its name', async () => {
    const { pid } = await statusOf(cli);
    const { code, err } = await cli.run('up');
    expect(code).toBe(1);
    expect(err).toBe(
      `the playground default is running already (process ${pid}); clusternet-playground down ends it, --name starts another beside it\n`,
    );
  });

  it('freezes a cluster and thaws it: what waited is answered', async () => {
    expect((await cli.run('freeze', 'east')).out).toBe('east is frozen\n');
    const created = create('patient');
    const waiting = async () => (await statusOf(cli)).clusters[0]?.waiting ?? 0;
    while ((await waiting()) === 0);
    expect((await cli.run('status')).out).toMatch(/^east +frozen \(\d+ waiting\) .*\nwest +ready /m);
    expect((await cli.run('thaw', 'east')).out).toBe('east goes on\n');
    await created;
    expect(await names()).toContain('patient');
  });

  it('kills a cluster, and starts it again: empty, at the same address, for the same kubeconfig', async () => {
    await create('lost');
    const before = (await statusOf(cli)).clusters[0];
    const kubeconfig = await cli.run('kubeconfig', 'east');
    expect(await cli.run('kill', 'east')).toMatchObject({ code: 0 });
    await expect(names()).rejects.toMatchObject({ message: expect.stringContaining('ECONNREFUSED') });
    expect((await cli.run('status')).out).toMatch(/^east +killed +https\S+ +- +- +- +-$/m);
    expect(await cli.run('freeze', 'east', 'west')).toEqual({
      code: 1,
      out: 'west is frozen\n',
      err: 'cluster east is killed, with everything that was in it; restart it first\n',
    });
    expect(await cli.run('restart', 'east', 'west')).toMatchObject({
      code: 0,
      out: 'east is ready, and empty\nwest is ready, and empty\n',
    });
    expect(await names()).toEqual(['kube-root-ca.crt']);
    expect((await statusOf(cli)).clusters[0]).toMatchObject({ url: before?.url, state: 'ready', nodes: 1 });
    expect(await cli.run('kubeconfig', 'east')).toEqual(kubeconfig);
  });

  it('lets requests fail and watches break', async () => {
    const faults = ['faults', 'east', '--resources', 'configmaps'];
    expect(await cli.run(...faults, '--error-rate', '1', '--error', '503', '--latency', '5ms')).toMatchObject(
      {
        code: 0,
        out: 'east: latency 5ms (configmaps), 100% 503 (configmaps)\n',
      },
    );
    await expect(create('refused')).rejects.toMatchObject({ status: 503 });
    expect((await cli.run('faults', 'east')).out).toContain('100% 503');
    expect((await cli.run('faults', 'east', '--clear', '--drop-watches')).out).toMatch(
      /^east: [1-9]\d* watches dropped\neast: nothing goes wrong\n$/,
    );
    await create('taken');
  });

  it('writes kubeconfigs, over none that is there', async () => {
    const path = join(cli.root, '..', 'mine');
    expect(await cli.run('kubeconfig', '--all', '--write', path)).toMatchObject({ code: 0 });
    const { 'current-context': current, contexts } = parseKubeconfigText(await readFile(path, 'utf8'));
    expect([current, ...contexts]).toEqual(['east', 'east', 'west']);
    expect(await cli.run('kubeconfig', 'east', '-w', path)).toMatchObject({
      code: 1,
      err: `${path} is there already; --force replaces it\n`,
    });
    expect(await cli.run('kubeconfig', 'east', '-w', path, '-f')).toMatchObject({ code: 0 });
    expect(await readFile(path, 'utf8')).toBe((await cli.run('kubeconfig', 'east')).out);
  });

  it.each([
    { args: ['freeze', 'nort'], want: 'there is no cluster "nort"; there are east, west\n' },
    { args: ['kubeconfig', '../x'], want: 'there is no cluster "../x"; there are east, west\n' },
    { args: ['faults', 'north'], want: 'there is no cluster "north"; there are east, west\n' },
  ])('knows no other cluster: $args', async ({ args, want }) => {
    expect(await cli.run(...args)).toEqual({ code: 1, out: '', err: want });
  });

  it('offers its clusters to a shell', async () => {
    expect((await cli.run('__complete', 'freeze', 'east', '')).out).toBe('west\n');
    expect((await cli.run('__complete', 'freeze', '--name', 'other', '')).out).toBe('');
  });
});

async function listen(answer: RequestListener): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function parseKubeconfigText(text: string): { 'current-context': string; contexts: string[] } {
  const [, current = ''] = /^current-context: (.*)$/m.exec(text) ?? [];
  const [, contexts = ''] = /^contexts:\n((?:[ -].*\n)*)/m.exec(text) ?? [];
  return {
    'current-context': current,
    contexts: [...contexts.matchAll(/name: (.*)/g)].map(([, name = '']) => name),
  };
}

describe('a command line', () => {
  const stack = new AsyncDisposableStack();
  let cli: TestCli;
  beforeAll(async () => {
    cli = stack.use(await createTestCli());
  });
  afterAll(() => stack.disposeAsync());
  const NEXT = 'clusternet-playground down';

  it('runs two playgrounds in the foreground, and leaves nothing of theirs and all that is not', async () => {
    const [one, two] = [cli.start('up', '--name', 'one'), cli.start('up', '--name', 'two')];
    await Promise.all([one.printed(NEXT), two.printed(NEXT)]);
    const mine = join(cli.root, 'one', 'notes.txt');
    await writeFile(mine, 'mine');
    expect((await cli.run('status', '-n', 'one')).out).toMatch(/^one-1 +ready/m);
    one.child.kill('SIGINT');
    expect(await one.result).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/is down\.\n$/) });
    expect((await cli.run('status', '-n', 'two')).out).toMatch(/^two-1 +ready/m);
    expect(await cli.run('down', '-n', 'two')).toMatchObject({
      code: 0,
      out: 'The playground two is down.\n',
    });
    expect(await two.result).toMatchObject({ code: 0, err: '' });
    expect(await cli.files()).toEqual(['notes.txt']);
    await rm(mine);
  });

  it('tidies up behind a playground that was killed, says so once, and starts anew', async () => {
    const up = cli.start('up');
    await up.printed(NEXT);
    up.child.kill('SIGKILL');
    await up.result;
    const notRunning = 'no playground default is running; start it with: clusternet-playground up\n';
    const stale = `The playground default (process ${up.child.pid ?? 0}) had ended without tidying up; what it left is removed.\n`;
    expect(await cli.run('status')).toEqual({ code: 1, out: '', err: stale + notRunning });
    expect(await cli.files()).toEqual([]);
    expect(await cli.run('status')).toEqual({ code: 1, out: '', err: notRunning });
    expect(await cli.run('down')).toEqual({ code: 0, out: 'No playground default is running.\n', err: '' });
  });

  it('is not taken in by somebody else on the port of a dead playground', async () => {
    await using other = await listen((_request, response) => response.end('{"clusters":[]}'));
    await mkdir(join(cli.root, 'dead'), { recursive: true });
    const run = { protocol: PROTOCOL, pid: 1, port: other.port, secret: 'x', clusters: ['dead-1'] };
    await writeFile(join(cli.root, 'dead', RUN_FILE), JSON.stringify(run));
    const { code, err } = await cli.run('status', '-n', 'dead');
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('(process 1) had ended') });
    expect(await cli.files()).toEqual([]);
  });

  it.each(['{}', '{"protocol":1', 'null', ''])('takes no file that it did not write: %s', async (text) => {
    await mkdir(join(cli.root, 'odd'), { recursive: true });
    await writeFile(join(cli.root, 'odd', RUN_FILE), text);
    expect((await cli.run('status', '-n', 'odd')).err).toContain('no playground odd is running');
    expect(await cli.run('up', '-n', 'odd')).toEqual({
      code: 1,
      out: expect.any(String),
      err: `${join(cli.root, 'odd', RUN_FILE)} is there, and no file of a playground; remove it\n`,
    });
    await rm(join(cli.root, 'odd'), { recursive: true });
  });

  it('goes down from the background with its process and its files, frozen or not', async () => {
    expect(await cli.start('up', '-d').result).toMatchObject({ code: 0, err: '' });
    const { pid } = await statusOf(cli);
    await cli.run('freeze', 'cluster-1');
    expect(isAlive(pid)).toBe(true);
    expect(await cli.start('down').result).toEqual({
      code: 0,
      out: 'The playground default is down.\n',
      err: '',
    });
    expect(isAlive(pid)).toBe(false);
    expect(await cli.files()).toEqual([]);
  });

  it.each([[[]], [['-d']]])('says why clusters did not start: %j', async (mode) => {
    await using other = await listen((_request, response) => response.end());
    const up = cli.start('up', '--name', 'taken', '--port', String(other.port), ...mode);
    expect(await up.result).toMatchObject({
      code: 1,
      err: `cluster taken-1 did not start: listen EADDRINUSE: address already in use 127.0.0.1:${other.port}\n`,
    });
    expect(await cli.files()).toEqual([]);
  });

  it('stops the clusters of a background run that nobody waits for any more', async () => {
    const up = cli.start('up', '-d', '--name', 'orphan', '--clusters', '500');
    await up.printed('orphan-1 is ready');
    up.child.kill('SIGKILL');
    await up.result;
    while ((await cli.files()).includes(RUN_FILE)) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await cli.run('status', '-n', 'orphan')).code).toBe(1);
  });

  it.each([{ args: ['stats'], want: 'stats is not a command; did you mean status?\n' }])(
    'is told when it is wrong: $args',
    async ({ args, want }) => {
      const { code, out, err } = await cli.start(...args).result;
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(want);
    },
  );
});
