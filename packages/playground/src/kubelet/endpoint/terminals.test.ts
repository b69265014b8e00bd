import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { systemClock } from '@clusternet/runtime';
import { describe, expect, it, vi } from 'vitest';
import { createTerminals } from './terminals.ts';

const WAIT = { timeout: 5000 };
const hasScript = String(spawnSync('script', ['--version']).stdout).includes('util-linux');

function start(
  program: string,
  args: readonly string[],
): { child: ChildProcessWithoutNullStreams; text: () => string } {
  const child = spawn(program, [...args], {
    env: { PATH: process.env['PATH'], SHELL: '/bin/sh' },
    stdio: 'pipe',
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  return { child, text: () => text };
}

// What a machine without util-linux does is tested where it lacks that: there commands run without a terminal.
describe(`terminals on a machine ${hasScript ? 'with' : 'without'} script`, () => {
  it('are opened for a command, resized, and end with all that runs there', async () => {
    using terminal = await createTerminals(systemClock).open([
      'sh',
      '-c',
      'echo "it is: $0"; exec sh',
      "a'b c",
    ]);
    if (terminal === undefined) {
      expect(hasScript).toBe(false);
      return;
    }
    const { child, text } = start(terminal.program, terminal.args);
    await vi.waitUntil(() => text().includes("it is: a'b c\r\n"), WAIT);
    terminal.resize({ columns: 100, rows: 30 });
    await vi.waitUntil(() => {
      child.stdin.write('stty size\n');
      return text().includes('30 100\r\n');
    }, WAIT);
    child.stdin.write('set -m; sleep 1000 & echo "started $!."\n');
    const pid = await vi.waitUntil(() => /started (\d+)\./.exec(text())?.[1], WAIT);
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    terminal[Symbol.dispose]();
    await once(child, 'close');
    await vi.waitUntil(() => !existsSync(`/proc/${pid}`), WAIT);
  });

  it('give the exit code', async () => {
    using terminal = await createTerminals(systemClock).open(['sh', '-c', 'exit 3']);
    if (terminal === undefined) return;
    const { child } = start(terminal.program, terminal.args);
    expect((await once(child, 'close'))[0]).toBe(3);
  });
});
