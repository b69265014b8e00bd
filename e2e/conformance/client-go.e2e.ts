import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { core, on } from '../harness/journey.ts';
import { startNode } from '../harness/node.ts';
import type { Plane } from '../harness/plane.ts';
import { startPlane } from '../harness/start-plane.ts';
import { createTools, findProgram } from './tools.ts';
import type { Tools } from './tools.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec: { containers: [{ name: 'main', image: 'example.invalid/web', ports: [{ containerPort: 80 }] }] },
};

/** Each is a function of the program in `client-go/`, where a comment says what it holds the server to. */
const SCENARIOS = [
  { name: 'informer', why: 'a shared informer sees adds, changes, deletions and resyncs' },
  { name: 'watch-list', why: 'an informer streams what is there in place of listing it' },
  { name: 'dropped-watch', why: 'an informer goes on from its version when its connection ends' },
  { name: 'expired-watch', why: 'an informer starts again when its version is too old' },
  { name: 'metadata-informer', why: 'metadata of any kind can be followed' },
  { name: 'retry-watcher', why: 'a watch that is retried misses and repeats nothing' },
  { name: 'paging', why: 'pages of a list are of one version' },
  { name: 'leader-election', why: 'one of two contenders leads, and hands over when it resigns' },
  { name: 'apply', why: 'apply configurations conflict, are forced, and take fields away' },
  { name: 'strategic-patch', why: 'typed patches merge lists by key' },
  { name: 'conflict', why: 'old versions conflict and trying again helps' },
  { name: 'status', why: 'objects and their status are written apart' },
  { name: 'scale', why: 'scales are read and written' },
  { name: 'deletion', why: 'finalizers hold deletions up, collections go by selector' },
  { name: 'custom-resource', why: 'new kinds are found by discovery and need no type' },
  { name: 'discovery', why: 'discovery is aggregated, and there are schemas' },
  { name: 'protobuf', why: 'protobuf means what JSON would' },
  { name: 'events', why: 'events are written and counted up' },
  { name: 'access', why: 'impersonation and access reviews agree' },
  { name: 'token', why: 'tokens of service accounts last as long as the account' },
  { name: 'logs', why: 'logs are followed' },
  { name: 'exec-websocket', why: 'exec over websockets gives both outputs and the exit code' },
  { name: 'exec-spdy', why: 'exec over SPDY gives both outputs and the exit code' },
  { name: 'terminal-websocket', why: 'exec with a terminal has one output, over websockets' },
  { name: 'terminal-spdy', why: 'exec with a terminal has one output, over SPDY' },
  { name: 'port-forward-websocket', why: 'ports are forwarded over websockets' },
  { name: 'port-forward-spdy', why: 'ports are forwarded over SPDY' },
  { name: 'eviction', why: 'pods are evicted' },
] as const;

interface Outcome {
  readonly scenario: string;
  readonly ok: boolean;
  readonly error?: string;
}

/** What Go programs do: client-go with its own defaults, in a program of ours. */
describe(`client-go on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  const program = findProgram('client-go-peer');
  let plane: Plane;
  let tools: Tools;
  beforeAll(async () => {
    plane = stack.use(await startPlane(on, 'client-go'));
    stack.use(startNode(plane));
    tools = stack.use(createTools(plane));
  });
  afterAll(() => stack.disposeAsync());

  it('has no scenario that is not run here', () => {
    const listed = execFileSync(program, ['-list'], { encoding: 'utf8' }).trim().split('\n');
    expect(listed).toEqual(SCENARIOS.map(({ name }) => name));
  });

  it.each(SCENARIOS)('$name: $why', async ({ name }) => {
    const namespaces = core(plane.client, 'Namespace', 'namespaces', false);
    await namespaces.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await eventually('the service account', () =>
      tools.kubectl(['get', 'serviceaccount', 'default', '-n', name]),
    );
    await tools.kubectl(['apply', '-n', name, '-f', '-'], JSON.stringify(POD));
    await tools.kubectl(['wait', 'pod/web', '-n', name, '--for=condition=Ready', '--timeout=20s']);
    if (name === 'expired-watch') plane.compact?.();
    const { stdout, stderr } = await tools.run('client-go-peer', [
      ...['-kubeconfig', 'kubeconfig', '-namespace', name, '-pod', 'web'],
      name,
    ]);
    const outcome = JSON.parse(stdout === '' ? 'null' : stdout) as Outcome | null;
    expect(outcome, `${outcome?.error ?? ''}\n${stderr}`).toMatchObject({ scenario: name, ok: true });
  });
});
