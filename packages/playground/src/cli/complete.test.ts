import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { COMMANDS, SHELLS } from './commands.ts';
import { planCompletion, writeCompletionScript } from './complete.ts';

describe('planCompletion', () => {
  const all = Object.keys(COMMANDS);
  it.each<{ why: string; words: readonly string[]; want: object }>([
    { why: 'commands first', words: [''], want: { kind: 'words', words: all } },
    { why: 'commands, while one is typed', words: ['fr'], want: { kind: 'words', words: all } },
    { why: 'clusters', words: ['kill', 'a', ''], want: { kind: 'clusters', given: ['a'] } },
    {
      why: 'flags, none of the hidden',
      words: ['down', '--'],
      want: { kind: 'words', words: ['--name', '--dir', '--help'] },
    },
    {
      why: 'values of a flag',
      words: ['status', '-o', ''],
      want: { kind: 'words', words: ['table', 'json'] },
    },
    { why: 'files for a path', words: ['kubeconfig', '--write', ''], want: { kind: 'files' } },
    { why: 'nothing for other values', words: ['up', '--port', ''], want: { kind: 'words', words: [] } },
    { why: 'a switch has no value', words: ['up', '-d', '--d'], want: { kind: 'words' } },
    { why: 'shells', words: ['completion', ''], want: { kind: 'words', words: SHELLS } },
    {
      why: 'nothing behind what is no command',
      words: ['constructor', ''],
      want: { kind: 'words', words: [] },
    },
    { why: 'nothing at all', words: [], want: { kind: 'words', words: all } },
  ])('offers $why', ({ words, want }) => {
    expect(planCompletion(words)).toMatchObject(want);
  });
});

describe.skipIf(process.platform === 'win32')('the script for bash', () => {
  const folder = mkdtempSync(join(tmpdir(), 'playground-complete-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('asks the program with the words so far and offers what fits', () => {
    const program = join(folder, 'clusternet-playground');
    writeFileSync(program, '#!/bin/sh\necho "$@" >&2\nprintf "%s\\n" "$#" "$@" two twenty\n', {
      mode: 0o755,
    });
    writeFileSync(join(folder, 'script'), writeCompletionScript('bash'));
    const test = `. ./script
COMP_WORDS=(clusternet-playground freeze one tw); COMP_CWORD=3
_clusternet_playground; echo "\${COMPREPLY[@]}"
COMP_WORDS=(clusternet-playground freeze one ''); COMP_CWORD=3
_clusternet_playground; echo "\${COMPREPLY[@]}"
complete -p clusternet-playground`;
    const out = execFileSync('bash', ['-c', test], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    });
    expect(out).toBe(`tw two twenty
4 __complete freeze one two twenty
complete -o default -F _clusternet_playground clusternet-playground
`);
  });
});
