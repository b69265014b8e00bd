import { describe, expect, it } from 'vitest';
import { splitArgs } from './split-args.ts';

describe('splitArgs', () => {
  it('leaves to kubectl what is not about connecting', () => {
    const { command, rest, parent } = splitArgs(['get', 'deploy', '-n', 'foo', '-o=wide', '--watch']);
    expect(command).toBe('get');
    expect(rest).toEqual(['get', 'deploy', '-n', 'foo', '-o=wide', '--watch']);
    expect(parent).toEqual({ insecureSkipTlsVerify: false, asGroups: [] });
  });

  it('finds the command behind flags that have a value', () => {
    expect(splitArgs(['-n', 'get', '--request-timeout', '5s', 'delete', 'x']).command).toBe('delete');
    const { rest, words } = splitArgs(['-n', 'foo', 'status', 'app']);
    expect([rest, words]).toEqual([
      ['-n', 'foo', 'status', 'app'],
      ['-n', 'foo', 'app'],
    ]);
    expect(splitArgs(['--namespace=foo', 'apply', '-f', 'x']).command).toBe('apply');
  });

  it('takes out how to connect, wherever it stands', () => {
    const line = [
      '--context',
      'eu',
      'get',
      'ns',
      '--kubeconfig=/k',
      '-s',
      'https://p',
      '--as-group=a',
      '--as-group',
      'b',
    ];
    const { rest, parent } = splitArgs([...line, '--as=jane', '--insecure-skip-tls-verify']);
    expect(rest).toEqual(['get', 'ns']);
    expect(parent).toEqual({
      context: 'eu',
      kubeconfig: '/k',
      server: 'https://p',
      as: 'jane',
      asGroups: ['a', 'b'],
      insecureSkipTlsVerify: true,
    });
  });

  it('takes out which child is meant', () => {
    const { rest, child } = splitArgs(['logs', '--cluster-id', 'east', 'web', '--clusternet-as=x', '-f']);
    expect(rest).toEqual(['logs', 'web', '-f']);
    expect(child).toEqual({ clusterId: 'east', as: 'x', asGroups: [] });
  });

  it('does not look at the command line of a container', () => {
    const { rest, child } = splitArgs(['exec', 'web', '--', 'tool', '--cluster-id', 'x', '--token=y']);
    expect(rest).toEqual(['exec', 'web', '--', 'tool', '--cluster-id', 'x', '--token=y']);
    expect(child.clusterId).toBeUndefined();
  });

  it.each([['-s', 'https://p'], ['-s=https://p'], ['-shttps://p']])(
    'lets nothing past the door: %s',
    (...line) => {
      const { rest, parent } = splitArgs(['get', 'ns', ...line]);
      expect([rest, parent.server]).toEqual([['get', 'ns'], 'https://p']);
    },
  );

  it('keeps flags that only look alike', () => {
    const line = ['create', 'clusterrolebinding', 'x', '--user=jane', '--clusterrole=view'];
    expect(splitArgs(line).rest).toEqual(line);
  });

  it('misses a value that is not there', () => {
    expect(splitArgs(['get', 'ns', '--cluster-id']).errors).toEqual(['--cluster-id needs a value']);
  });
});
