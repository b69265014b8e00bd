import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { on } from '../harness/journey.ts';
import { startNode } from '../harness/node.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';
import { createTools } from './tools.ts';
import type { Tools } from './tools.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image: 'example.invalid/web', ports: [{ containerPort: 80 }] }] },
};

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
  });
  afterAll(() => stack.disposeAsync());

  it('shows logs', async () => {
    expect(await tools.kubectl(['logs', 'web'])).toMatch(/^started main of default\/web\n/);
  });

  it('follows logs', async () => {
    const child = tools.start(['logs', 'web', '-f', '--tail=1', '--timestamps']);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    await eventually('two lines', () => text.split('\n').length > 2);
    child.kill('SIGTERM');
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /);
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

    it('gives the exit code', async () => {
      const { code, stderr } = await tools.run('kubectl', ['exec', 'web', '--', 'sh', '-c', 'exit 7']);
      expect(code).toBe(7);
      expect(stderr).toContain('command terminated with exit code 7');
    });

    it('does not find every program', async () => {
      const { code } = await tools.run('kubectl', ['exec', 'web', '--', 'nginx']);
      expect(code).not.toBe(0);
    });

    it('copies files there and back', async () => {
      const text = 'x'.repeat(300_000);
      tools.write(`${protocol}.txt`, text);
      await tools.kubectl(['cp', `${protocol}.txt`, `web:/tmp/${protocol}.txt`]);
      await tools.kubectl(['cp', `web:/tmp/${protocol}.txt`, 'taken.txt']);
      expect(readFileSync(join(tools.folder, 'taken.txt'), 'utf8')).toBe(text);
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
      const child = tools.start(['port-forward', 'pod/web', ':80']);
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      const port = await eventually('the port', () => /127\.0\.0\.1:(\d+)/.exec(text)?.[1]);
      for (const path of ['/one', '/two']) {
        const response = await fetch(`http://127.0.0.1:${port}${path}`);
        expect(await response.text()).toBe(`pod default/web on port 80: GET ${path}\n`);
      }
      child.kill('SIGTERM');
    });

    it('refuses ports on which nothing listens', async () => {
      const child = tools.start(['port-forward', 'pod/web', ':81']);
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      const port = await eventually('the port', () => /127\.0\.0\.1:(\d+)/.exec(text)?.[1]);
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
      await eventually('why', () => text.includes('connection refused'));
      child.kill('SIGTERM');
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
