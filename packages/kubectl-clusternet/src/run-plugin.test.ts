import { describe, expect, it } from 'vitest';
import type { Kubectl } from './kubectl/run-kubectl.ts';
import { runPlugin } from './run-plugin.ts';

/** Runs a command line with a kubectl that notes what it was to do, and has no kubeconfig. */
async function run(...args: string[]) {
  const asked: (readonly string[])[] = [];
  const kubectl: Kubectl = {
    run: (line) => Promise.resolve(asked.push(line)).then(() => 0),
    read: () => Promise.reject(new Error('nothing is read here')),
    ask: (line) =>
      Promise.resolve(asked.push(line)).then(() => ({ code: 1, stdout: '', stderr: 'error: none' })),
    feed: () => Promise.reject(new Error('nothing is fed here')),
  };
  let stdout = '';
  let stderr = '';
  const deps = {
    program: 'kubectl clusternet',
    version: '1.2.3',
    build: { platform: 'linux/x64', runtime: 'node' },
    env: {},
    out: (text: string) => void (stdout += text),
    err: (text: string) => void (stderr += text),
    kubectl,
    readAgentManifests: () => '',
  };
  const code = await runPlugin(deps, args, new AbortController().signal);
  return { code, stdout, stderr, asked };
}

describe('runPlugin', () => {
  it.each([
    { line: 'get pods --help', want: ['help', 'get', 'pods'] },
    { line: 'create deployment -h', want: ['help', 'create', 'deployment'] },
    { line: '-n foo get --help', want: ['help', 'get'] },
    { line: 'help rollout undo', want: ['help', 'rollout', 'undo'] },
  ])('$line is help, and nothing that could act', async ({ line, want }) => {
    const { code, asked } = await run(...line.split(' '));
    expect([code, asked]).toEqual([0, [want]]);
  });

  it.each(['cordon', 'taint', 'uncordon', 'version'])(
    '%s is of a node, or kubectl, where a cluster is named',
    async (command) => {
      const { asked } = await run(command, 'x', '--cluster-id=dc91021d-2361-4f6d-a404-7c33b9e01118');
      expect(asked).toEqual([expect.arrayContaining(['config', 'view'])]);
    },
  );

  it('prints help of its own commands itself', async () => {
    const { stdout, asked } = await run('unjoin', '--help');
    expect(stdout).toMatch(/^Usage: kubectl clusternet unjoin CLUSTER --delivered /);
    expect(asked).toEqual([]);
    expect((await run('help')).stdout).toContain('  cordon CLUSTER [--evict]\n');
  });

  it('takes a --help behind -- for what it is: of a command in a container', async () => {
    const { asked, stderr } = await run('exec', 'web', '--cluster-id=x', '--', 'ls', '--help');
    expect(asked).toEqual([expect.arrayContaining(['config', 'view'])]);
    expect(stderr).toContain('names no cluster to talk to');
  });

  it.each([
    { line: 'gte pods', says: 'gte is not a command; see kubectl clusternet help' },
    { line: 'gte --help', says: 'gte is not a command; see kubectl clusternet help' },
    { line: '-n foo', says: 'there is no command' },
    { line: 'logs web', says: 'say in which with --cluster-id NAME|ID' },
    { line: 'delete pods --clusters all', says: '--clusters is for get' },
    { line: 'get pods --clusters all --cluster-id x', says: 'not both' },
    { line: 'get pods --clusters all --child-kubeconfig x', says: 'others would be shown its credential' },
    { line: 'get pods --child-kubeconfig x', says: '--child-kubeconfig needs --cluster-id' },
    { line: 'get pods --clusternet-as x --cluster-id y', says: 'need --cluster-id and --child-kubeconfig' },
    { line: 'status', says: 'names no cluster', code: 1 },
    { line: 'status app --cluster-id x', says: 'status is about the fleet' },
    { line: 'doctor --cluster-id x', says: 'leave --cluster-id out' },
    { line: 'version --child-kubeconfig x', says: '--child-kubeconfig needs --cluster-id' },
    { line: 'accept', says: 'accept takes one name' },
  ])('says what is wrong with: $line', async ({ line, says, code = 2 }) => {
    const result = await run(...line.split(' '));
    expect(result.stderr).toContain(`error: `);
    expect(result.stderr).toContain(says);
    expect(result.stderr).not.toContain('mistake in the plugin');
    expect(result.code).toBe(code);
  });
});
