import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

export interface ProcessOptions {
  /** In errors, and the name of the log file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Gets everything the process prints. */
  readonly logFile: string;
}

/** A process of a test, stopped by its id. */
export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  readonly logFile: string;
  /** The exit code, once it has ended; a signal counts as 128. */
  exitCode(): number | undefined;
  /** What it printed last. */
  tail(): string;
  /** Ends it and waits until it is gone: SIGTERM, and after `graceMs` SIGKILL. @returns the exit code */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<number>;
}

/** What the images of our programs set (see apps): glibc's arenas per thread cost 13 MiB and gain nothing. */
const PROGRAM_ENV = { MALLOC_ARENA_MAX: '1', NODE_OPTIONS: '--max-semi-space-size=8' };

const running = new Set<ChildProcess>();

/** Whatever way the test runner ends, no child survives it. */
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a process. @throws when the program cannot be started */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const log = createWriteStream(options.logFile, { flags: 'a' });
  const child = spawn(options.command, [...options.args], {
    env: { PATH: process.env['PATH'], ...PROGRAM_ENV, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log.write(chunk);
      tail = (tail + chunk.toString('utf8')).slice(-4000);
    });
  }
  let code: number | undefined;
  const closed = new Promise<void>((resolve) => {
    child.once('close', (exitCode) => {
      code = exitCode ?? 128;
      running.delete(child);
      log.end(resolve);
    });
  });
  await Promise.race([
    once(child, 'spawn'),
    once(child, 'error').then(([error]) => {
      throw new Error(`${options.name} cannot be started: ${String(error)}`);
    }),
  ]);
  running.add(child);
  const stop = async (signal: NodeJS.Signals = 'SIGTERM', graceMs = 5000): Promise<number> => {
    if (code === undefined) {
      child.kill(signal);
      const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await closed;
      clearTimeout(kill);
    }
    return code ?? 128;
  };
  return {
    pid: child.pid ?? 0,
    logFile: options.logFile,
    exitCode: () => code,
    tail: () => tail,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}
