import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from './commands.ts';
import { parseCommand } from './parse-command.ts';
import type { Command } from './parse-command.ts';

const parse = (line: string): Command => parseCommand(line === '' ? [] : line.split(' '));
const where = { name: 'default', dir: undefined };
const up = {
  kind: 'up',
  where,
  clusters: ['cluster-1'],
  port: 0,
  readyDelayMs: 200,
  isVerbose: false,
  mode: 'foreground',
};

describe('parseCommand', () => {
  it.each<{ line: string; want: object }>([
    { line: '', want: { kind: 'help', command: undefined } },
    { line: '-h', want: { kind: 'help', command: undefined } },
    { line: 'help', want: { kind: 'help', command: undefined } },
    { line: 'help up', want: { kind: 'help', command: 'up' } },
    { line: 'up --nonsense --help', want: { kind: 'help', command: 'up' } },
    { line: '--version', want: { kind: 'version' } },
    { line: 'up', want: up },
    { line: 'up -d -c 2', want: { ...up, mode: 'parent', clusters: ['cluster-1', 'cluster-2'] } },
    { line: 'up --clusters=parent,east', want: { ...up, clusters: ['parent', 'east'] } },
    { line: 'up --name x', want: { ...up, where: { name: 'x', dir: undefined }, clusters: ['x-1'] } },
    {
      line: 'up --ready-delay 1.5s --port 7000 -v',
      want: { ...up, readyDelayMs: 1500, port: 7000, isVerbose: true },
    },
    {
      line: 'status -o json --dir /tmp',
      want: { kind: 'status', where: { name: 'default', dir: '/tmp' }, output: 'json' },
    },
    { line: 'status', want: { kind: 'status', where, output: 'table' } },
    { line: 'freeze a b a', want: { kind: 'order', where, order: 'freeze', clusters: ['a', 'b'] } },
    {
      line: 'kubeconfig a',
      want: { kind: 'kubeconfig', where, cluster: 'a', path: undefined, isForced: false },
    },
    {
      line: 'kubeconfig --all -f -w x',
      want: { kind: 'kubeconfig', where, cluster: undefined, path: 'x', isForced: true },
    },
    { line: 'completion zsh', want: { kind: 'completion', shell: 'zsh' } },
    { line: 'down', want: { kind: 'down', where } },
  ])('reads "$line"', ({ line, want }) => {
    expect(parse(line)).toEqual(want);
  });

  it.each<{ line: string; want: unknown }>([
    { line: '', want: undefined },
    { line: '--clear', want: { settings: {} } },
    { line: '--drop-watches --cut', want: { dropWatches: 'cut' } },
    {
      line: '--latency 200ms --jitter 50ms',
      want: { settings: { requests: [{ latencyMs: 200, jitterMs: 50 }] } },
    },
    {
      line: '--error-rate 0.1',
      want: { settings: { requests: [{ rate: 0.1, fail: { kind: 'status', code: 503 } }] } },
    },
    {
      line: '--error-rate 1 --error 429 --retry-after 2s --verbs create,update --resources pods',
      want: {
        settings: {
          requests: [
            {
              match: { verbs: ['create', 'update'], resources: ['pods'] },
              rate: 1,
              fail: { kind: 'status', code: 429, retryAfterSeconds: 2 },
            },
          ],
        },
      },
    },
    {
      line: '--error-rate .5 --error lost',
      want: { settings: { requests: [{ rate: 0.5, fail: { kind: 'cut', when: 'after' } }] } },
    },
    {
      line: '--error-rate 0.5 --error cut',
      want: { settings: { requests: [{ rate: 0.5, fail: { kind: 'cut', when: 'before' } }] } },
    },
    {
      line: '--drop-watches-every 5s',
      want: { settings: { watches: { everyMs: 5000, by: 'close' } } },
    },
  ])('reads faults "$line"', ({ line, want }) => {
    expect(parse(`faults east ${line}`.trim())).toEqual({
      kind: 'faults',
      where,
      cluster: 'east',
      order: want,
    });
  });

  it.each<{ line: string; want: readonly string[] }>([
    { line: 'stats', want: ['stats is not a command; did you mean status?'] },
    { line: '__proto__', want: ['__proto__ is not a command'] },
    { line: 'up x', want: ['"x" is one word too many'] },
    { line: 'up --nam x', want: ['--nam is not a flag; did you mean --name?'] },
    { line: 'up -x', want: ['-x is not a flag'] },
    { line: 'up --report', want: ['--report is not a flag; did you mean --port?'] },
    { line: 'up --constructor', want: ['--constructor is not a flag'] },
    { line: 'up --detach=yes', want: ['--detach takes no value'] },
    { line: 'up --port', want: ['--port needs a value'] },
    { line: 'up --port --detach', want: ['--port needs a value'] },
    {
      line: 'up --port x --ready-delay 5',
      want: [
        '--port takes a whole number from 0 to 65535, not "x"',
        '--ready-delay takes a duration such as 200ms or 5s, not "5"',
      ],
    },
    { line: 'up --port 65536', want: ['--port takes a whole number from 0 to 65535, not "65536"'] },
    { line: 'up --port 65535 -c 2', want: ['--port leaves too few ports for the clusters'] },
    { line: 'up -c 0', want: ['--clusters takes 1 to 1000 of them, not "0"'] },
    { line: 'up -c 99999999999', want: ['--clusters takes 1 to 1000 of them, not "99999999999"'] },
    { line: 'up -c a,A', want: ['--clusters takes names of lower-case letters, digits and dashes, not "A"'] },
    {
      line: 'up -c a,../b',
      want: ['--clusters takes names of lower-case letters, digits and dashes, not "../b"'],
    },
    { line: 'up -c a,', want: ['--clusters takes names of lower-case letters, digits and dashes, not ""'] },
    { line: 'up -c a,a', want: ['--clusters names a cluster twice'] },
    { line: 'status -o yaml', want: ['--output takes table, json; not "yaml"'] },
    { line: 'status --name ../x', want: ['--name takes lower-case letters, digits and dashes, not "../x"'] },
    { line: 'freeze', want: ['the name of a cluster is missing'] },
    { line: 'faults a b', want: ['one cluster at a time'] },
    { line: 'kubeconfig', want: ['either the name of a cluster or --all'] },
    { line: 'kubeconfig a --all', want: ['either the name of a cluster or --all'] },
    { line: 'kubeconfig a --force', want: ['--force is for --write'] },
    { line: 'completion', want: ['the name of a shell is missing: bash, zsh, fish'] },
    { line: 'completion sh', want: ['there are completions for bash, zsh, fish; not for "sh"'] },
    { line: 'help me', want: ['me is not a command'] },
    { line: 'faults a --error-rate 1.5', want: ['--error-rate takes a number from 0 to 1, not "1.5"'] },
    { line: 'faults a --clear --latency 1s', want: ['--clear goes with nothing that is to go wrong'] },
    { line: 'faults a --error 429', want: ['--error and --retry-after are for --error-rate'] },
    {
      line: 'faults a --verbs get --drop-watches',
      want: ['--verbs and --resources are for --latency, --jitter and --error-rate'],
    },
    { line: 'faults a --cut', want: ['--cut is for --drop-watches and --drop-watches-every'] },
    { line: 'faults a --drop-watches-every 0', want: ['--drop-watches-every takes 1ms or more'] },
    { line: 'faults a --error-rate 1 --retry-after 1500ms', want: ['--retry-after takes whole seconds'] },
    {
      line: 'faults a --error-rate 1 --error cut --retry-after 1s',
      want: ['--retry-after needs an answer, which --error cut and lost do not give'],
    },
  ])('refuses "$line"', ({ line, want }) => {
    expect(parse(line)).toMatchObject({ kind: 'wrong', errors: want });
  });

  it('reads the examples of the help', () => {
    for (const { examples } of Object.values(COMMANDS)) {
      for (const example of examples)
        expect({ example, kind: parse(example.split(' > ')[0] ?? '').kind }).not.toMatchObject({
          kind: 'wrong',
        });
    }
  });

  it('reads anything without throwing', () => {
    const words = fc.constantFrom(
      ...Object.keys(COMMANDS),
      '--name',
      '-d',
      '--clusters=2',
      '--',
      '-',
      '--latency',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), words)), (args) => {
        expect(parseCommand(args).kind).toBeTypeOf('string');
      }),
    );
  });
});
