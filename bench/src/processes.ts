import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A process of a benchmark, with the lines it prints. */
export interface BenchProcess extends AsyncDisposable {
  readonly pid: number;
  /** The next line of its standard output. @throws when it ends before */
  nextLine(): Promise<string>;
  kill(): Promise<void>;
}

/** Starts a program; it ends with the benchmark at the latest. */
export function startBenchProcess(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): BenchProcess {
  const child = spawn(command, [...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // As in the images (ADR 0008, 0027).
    env: { ...process.env, MALLOC_ARENA_MAX: '1', NODE_OPTIONS: '--max-semi-space-size=8', ...env },
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2000)));
  const lines: string[] = [];
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const next = waiting.shift();
    if (next === undefined) lines.push(line);
    else next.resolve(line);
  });
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => {
      for (const { reject } of waiting.splice(0)) reject(new Error(`${command} ended: ${errors}`));
      resolve();
    });
    child.once('error', () => resolve());
  });
  const kill = async (): Promise<void> => {
    stop(child);
    await gone;
  };
  return {
    pid: child.pid ?? 0,
    nextLine: () => {
      const line = lines.shift();
      if (line !== undefined) return Promise.resolve(line);
      if (child.exitCode !== null) return Promise.reject(new Error(`${command} ended: ${errors}`));
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

function stop(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
}

/** Starts one of our own processes from source. */
export function startOwnProcess(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): BenchProcess {
  const flags = ['--conditions=@clusternet/source', '--disable-warning=ExperimentalWarning', '--expose-gc'];
  return startBenchProcess(process.execPath, [...flags, join(import.meta.dirname, file), ...args], env);
}
