import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';

/**
 * Runs a program and gives its exit code and what it printed.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean, write?: (text: string, source: unknown) => void, isPatient?: boolean, env?: Record<string, string | undefined> }}
 *   [options] - `quiet` keeps the output back, `write` takes it; what is patient leaves the processor to others
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
    });
    if (options.isPatient && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    let output = '';
    for (const [stream, target] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (options.write !== undefined) options.write(text, target);
        else if (!options.quiet) target.write(text);
      });
    }
    child.once('error', (error) => resolve({ code: 127, output: String(error) }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward);
    process.on('SIGTERM', forward);
    child.once('close', () => {
      process.off('SIGINT', forward);
      process.off('SIGTERM', forward);
    });
  });
}

/** Runs a program as this command itself: its output and its exit code are ours. */
export async function become(command, args, env = {}) {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  const forward = (signal) => child.kill(signal);
  process.on('SIGINT', forward);
  process.on('SIGTERM', forward);
  process.exitCode = await new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 1));
  });
  return process.exitCode;
}

/** The options with which a TypeScript file of this repository runs from source. */
export const fromSource = ['--conditions=@clusternet/source', '--disable-warning=ExperimentalWarning'];
