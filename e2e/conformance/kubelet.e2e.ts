import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { on } from '../harness/journey.ts';
import { startNode } from '../harness/node.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';
import { createTools } from './tools.ts';
import type { Followed, Tools } from './tools.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: {
    containers: [
      { name: 'main', image: 'example.invalid/web', ports: [{ containerPort: 80 }, { containerPort: 8080 }] },
    ],
  },
};

/** The port on this machine behind which a port of a pod is. */
function localPort(forward: Followed, port: number): Promise<number> {
  const line = new RegExp(`127\\.0\\.0\\.1:(\\d+) -> ${port}$`, 'm');
  return eventually('the port', () => Number(line.exec(forward.text())?.[1] ?? '0') || undefined);
}

/** What kubectl does with a running pod: all of it ends at the simulated kubelet. */
describe(`the simulated kubelet on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let plane: Plane;
  let tools: Tools;
  beforeAll(async () => {
    plane = stack.use(await startPlane(on, 'kubelet'));
    stack.use(startNode(plane));
    tools = stack.use(createTools(plane));
    await eventually('the service account', () => tools.kubectl(['get', 'serviceaccount', 'default']));
    await tools.kubectl(['apply', '-f', '-'], JSON.stringify(POD));
    await tools.kubectl(['wait', 'pod/web', '--for=condition=Ready', '--timeout=20s']);
    await tools.kubectl(['create', 'deployment', 'front', '--image=example.invalid/front']);
    await tools.kubectl(['expose', 'deployment', 'front', '--port=80', '--target-port=8080']);
    await tools.kubectl(['rollout', 'status', 'deployment/front', '--timeout=20s']);
  });
  afterAll(() => stack.disposeAsync());

  it('shows logs', async () => {
    expect(await tools.kubectl(['logs', 'web'])).toMatch(/^started main of default\/web\n/);
  });

  it('follows logs', async () => {
    using logs = tools.follow(['logs', 'web', '-f', '--tail=1', '--timestamps']);
    await eventually('two lines', () => logs.text().split('\n').length > 2);
    expect(logs.text()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /);
  });

  it('gives logs from a point in time on', async () => {
    const all = await tools.kubectl(['logs', 'web', '--timestamps']);
    const [first = ''] = all.split(' ');
    expect(await tools.kubectl(['logs', 'web', `--since-time=${first}`])).toMatch(/^started main/);
    const later = new Date(Date.parse(first) + 1000).toISOString();
    const rest = await eventually('a later line', () =>
      tools.kubectl(['logs', 'web', `--since-time=${later}`]),
    );
    expect(rest).toMatch(/^main is running, line 1\n/);
  });

  it('gathers the logs of many pods', async () => {
    const text = await tools.kubectl(['logs', '-l', 'app=web', '--prefix', '--all-containers', '--tail=1']);
    expect(text).toMatch(/^\[pod\/web\/main\] /);
  });

  it('gives the logs of what has ended', async () => {
    await tools.kubectl(['create', 'job', 'done', '--image=example.invalid/done']);
    await tools.kubectl(['wait', 'job/done', '--for=condition=Complete', '--timeout=20s']);
    expect(await tools.kubectl(['logs', 'job/done'])).toMatch(/^started done of default\/done-/);
    using logs = tools.follow(['logs', 'job/done', '-f']);
    await eventually('the end', () => logs.exitCode() === 0);
  });

  it('gives the logs of the run before, once there was one', async () => {
    await tools.kubectl(['run', 'again', '--image=example.invalid/again']);
    await tools.kubectl(['wait', 'pod/again', '--for=condition=Ready', '--timeout=20s']);
    const previous = ['logs', 'again', '--previous'];
    expect((await tools.run('kubectl', previous)).stderr).toContain(
      'previous terminated container "again" in pod "again" not found',
    );
    using followed = tools.follow(['logs', 'again', '-f']);
    await eventually('a second line', () => followed.text().includes('line 1'));
    await tools.kubectl(['annotate', 'pod', 'again', 'playground.clusternet.io/restart=1']);
    await eventually('the end of what was followed', () => followed.exitCode() === 0);
    await eventually('the restart', async () =>
      /^again +1\/1 +Running +1 /m.test(await tools.kubectl(['get', 'pods'])),
    );
    expect(await tools.kubectl(previous)).toMatch(
      /^started again of default\/again\nagain is running, line 1\n/,
    );
    const begunAt = async (args: readonly string[]): Promise<number> => {
      const [time = ''] = (await tools.kubectl([...args, '--timestamps'])).split(' ');
      return Date.parse(time);
    };
    expect(await begunAt(['logs', 'again'])).toBeGreaterThan(await begunAt(previous));
    expect(await tools.kubectl(['describe', 'pod', 'again'])).toMatch(
      /Last State: +Terminated\n +Reason: +Error\n/,
    );
    await tools.kubectl(['delete', 'pod', 'again']);
  });

  it('limits logs in lines, time and bytes', async () => {
    expect((await tools.kubectl(['logs', 'web', '--tail=1'])).trim().split('\n')).toHaveLength(1);
    expect((await tools.kubectl(['logs', 'web', '--since=1s'])).trim().split('\n').length).toBeLessThan(3);
    expect(await tools.kubectl(['logs', 'web', '--limit-bytes=7'])).toBe('started');
  });

  it('has no logs of a container that did not run before', async () => {
    const { code, stderr } = await tools.run('kubectl', ['logs', 'web', '--previous']);
    expect(code).toBe(1);
    expect(stderr).toContain('previous terminated container "main" in pod "web" not found');
  });

  it('knows no other container', async () => {
    const { code, stderr } = await tools.run('kubectl', ['logs', 'web', '-c', 'other']);
    expect(code).toBe(1);
    expect(stderr).toContain('container other is not valid for pod web');
  });

  describe.each(['websocket', 'SPDY'] as const)('over %s', (protocol) => {
    beforeAll(() => tools.setProtocol(protocol));
    afterAll(() => tools.setProtocol('websocket'));

    it('runs a command and gives its output', async () => {
      expect(await tools.kubectl(['exec', 'web', '--', 'sh', '-c', 'echo out; echo err >&2'])).toBe('out\n');
    });

    it('gives standard error', async () => {
      const { stderr } = await tools.run('kubectl', ['exec', 'web', '--', 'sh', '-c', 'echo err >&2']);
      expect(stderr).toBe('err\n');
    });

    it('passes standard input on and ends it', async () => {
      const text = 'line\n'.repeat(50_000);
      expect(await tools.kubectl(['exec', '-i', 'web', '--', 'cat'], text)).toBe(text);
    });

    it.each([
      { why: 'its own', command: 'exit 7', want: 7 },
      { why: 'that of a signal', command: 'kill -9 $$', want: 137 },
      { why: 'that of another signal', command: 'kill -15 $$', want: 143 },
    ])('gives the exit code: $why', async ({ command, want }) => {
      const { code, stderr } = await tools.run('kubectl', ['exec', 'web', '--', 'sh', '-c', command]);
      expect(code).toBe(want);
      expect(stderr).toContain(`command terminated with exit code ${want}`);
    });

    it('does not find every program', async () => {
      const { code } = await tools.run('kubectl', ['exec', 'web', '--', 'nginx']);
      expect(code).not.toBe(0);
    });

    it('copies large files there and back', async () => {
      const content = randomBytes(10 * 1024 * 1024);
      tools.write(`${protocol}.bin`, content);
      await tools.kubectl(['cp', `${protocol}.bin`, `web:/tmp/${protocol}.bin`]);
      await tools.kubectl(['cp', `web:/tmp/${protocol}.bin`, 'taken.bin']);
      expect(readFileSync(join(tools.folder, 'taken.bin')).equals(content)).toBe(true);
    });

    it('copies folders', async () => {
      mkdirSync(join(tools.folder, protocol, 'inner'), { recursive: true });
      for (const name of ['a.txt', 'inner/b.txt']) tools.write(`${protocol}/${name}`, name);
      await tools.kubectl(['cp', protocol, 'web:/tmp']);
      await tools.kubectl(['cp', `web:/tmp/${protocol}`, `${protocol}-back`]);
      const back = join(tools.folder, `${protocol}-back`);
      expect(readFileSync(join(back, 'inner/b.txt'), 'utf8')).toBe('inner/b.txt');
    });

    it('attaches', async () => {
      const child = tools.start(['attach', 'web', '-i', '--quiet']);
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      child.stdin.write('hello\n');
      await eventually('the echo', () => text.includes('hello\n'));
      await eventually('a line of the log', () => text.includes('main is running'));
      child.kill('SIGTERM');
    });

    it('forwards ports', async () => {
      using forward = tools.follow(['port-forward', 'pod/web', ':80', ':8080']);
      const port = await localPort(forward, 80);
      for (const path of ['/one', '/two']) {
        const response = await fetch(`http://127.0.0.1:${port}${path}`);
        expect(await response.text()).toBe(`pod default/web on port 80: GET ${path}\n`);
      }
      const answers = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const response = await fetch(`http://127.0.0.1:${port}/`, {
            method: 'POST',
            body: 'x'.repeat(200_000),
          });
          return (await response.text()).length;
        }),
      );
      expect(new Set(answers)).toEqual(new Set([200_000 + 'pod default/web on port 80: POST /\n'.length]));
    });

    it.each([
      { target: 'deployment/front', port: ':8080' },
      { target: 'service/front', port: ':80' },
    ])('forwards the ports of a $target', async ({ target, port }) => {
      using forward = tools.follow(['port-forward', target, port]);
      const response = await fetch(`http://127.0.0.1:${await localPort(forward, 8080)}/`);
      expect(await response.text()).toMatch(/^pod default\/front-\S+ on port 8080: GET \/\n$/);
    });

    it('goes on answering who has sent everything', async () => {
      using forward = tools.follow(['port-forward', 'pod/web', ':80']);
      const socket = connect({ host: '127.0.0.1', port: await localPort(forward, 80), allowHalfOpen: true });
      const size = 10 * 1024 * 1024;
      socket.write(`POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`);
      socket.end(Buffer.alloc(size, 1)); // and that is all that comes from here
      let received = 0;
      for await (const chunk of socket) received += (chunk as Buffer).filter((byte) => byte === 1).length;
      expect(received).toBe(size);
    });

    it('refuses ports on which nothing listens', async () => {
      using forward = tools.follow(['port-forward', 'pod/web', ':81']);
      const port = await localPort(forward, 81);
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
      await eventually('why', () => forward.text().includes('connection refused'));
    });
  });

  it('does not show logs to everybody', async () => {
    const { code, stderr } = await tools.run('kubectl', [
      'get',
      '--raw=/api/v1/namespaces/default/pods/web/log',
      '--as=somebody',
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('cannot get resource "pods/log"');
  });

  it('forgets the files of a pod that goes', async () => {
    await tools.kubectl(['run', 'short', '--image=example.invalid/short', '--restart=Always']);
    await tools.kubectl(['wait', 'pod/short', '--for=condition=Ready', '--timeout=20s']);
    const folder = (await tools.kubectl(['exec', 'short', '--', 'pwd'])).trim();
    const sleeping = tools.start(['exec', 'short', '--', 'sleep', '1000']);
    await eventually('the process', () => tools.kubectl(['exec', 'short', '--', 'true']).then(() => true));
    await tools.kubectl(['delete', 'pod', 'short', '--timeout=20s']);
    await eventually('the end of the process', () => sleeping.exitCode !== null);
    await eventually('no folder', () => {
      try {
        readFileSync(join(folder, '.'));
        return false;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'ENOENT';
      }
    });
  });
});
