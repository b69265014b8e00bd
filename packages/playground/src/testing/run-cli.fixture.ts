import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import type { CliDeps } from '../cli/cli-deps.ts';
import { runCommand } from '../cli/run-command.ts';

const BIN = fileURLToPath(new URL('../bin.ts', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command under way. */
export interface CliProcess {
  readonly child: ChildProcess;
  /** Resolves when stdout holds `text`; rejects when the command ends without. */
  printed(text: string): Promise<void>;
  readonly result: Promise<CliResult>;
}

/** The program, with a home of its own. */
export interface TestCli extends AsyncDisposable {
  /** Holds all files of all playgrounds. */
  readonly root: string;
  /** Runs a command in this process, which takes milliseconds. */
  run(...args: readonly string[]): Promise<CliResult>;
  /** Runs it as people do, in a process of its own, which takes a second or two. */
  start(...args: readonly string[]): CliProcess;
  /** Every file below the root, relative to it. */
  files(): Promise<string[]>;
}

export async function createTestCli(): Promise<TestCli> {
  const home = await mkdtemp(join(tmpdir(), 'playground-cli-'));
  const started = new Set<ChildProcess>();
  const { XDG_RUNTIME_DIR: _runtime, npm_command: _npm, npm_lifecycle_event: _event, ...env } = process.env;
  const root = join(home, 'clusternet-playground');
  const start: TestCli['start'] = (...args) => {
    const child = spawn(process.execPath, ['--conditions=@clusternet/source', BIN, ...args], {
      env: { ...env, HOME: home, XDG_STATE_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.add(child);
    let out = '';
    let err = '';
    const checks = new Set<() => void>();
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      for (const check of checks) check();
    });
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const result = new Promise<CliResult>((resolve) => {
      child.once('close', (code) => {
        started.delete(child);
        resolve({ code, out, err });
      });
    });
    return {
      child,
      result,
      printed: (text) =>
        new Promise((resolve, reject) => {
          const check = (): void => {
            if (out.includes(text)) resolve();
          };
          checks.add(check);
          check();
          void result.then(({ code }) => reject(new Error(`ended with ${code ?? 'a signal'}: ${out}${err}`)));
        }),
    };
  };
  return {
    root,
    start,
    run: (...args) => runHere(root, args),
    async files() {
      const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    },
    async [Symbol.asyncDispose]() {
      for (const child of started) child.kill('SIGKILL');
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function runHere(stateRoot: string, args: readonly string[]): Promise<CliResult> {
  let out = '';
  let err = '';
  const deps: CliDeps = {
    program: 'clusternet-playground',
    version: '0.0.0',
    pid: process.pid,
    stateRoot,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    clock: systemClock,
    random: systemRandom,
    createLog: () => silentLogger,
    isAlive,
    spawnBackground: () => Promise.reject(new Error('background runs are for `start`')),
    tellParent: () => undefined,
  };
  const code = await runCommand(deps, args, new AbortController().signal);
  return { code, out, err };
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
