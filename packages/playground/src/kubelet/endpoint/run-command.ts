import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { posix } from 'node:path';
import process from 'node:process';
import type { JsonObject } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import { noop } from '../streams/noop.ts';
import type { RemoteSession } from '../streams/remote-session.ts';
import type { Terminals } from './terminals.ts';

/** The programs that are found in every simulated container. All are the machine's own. */
export const PROGRAMS: ReadonlySet<string> = new Set(
  'cat cp cut date echo env false grep head hostname id ls mkdir mv printf pwd rm sed sh sleep sort tail tar test touch true uname wc'.split(
    ' ',
  ),
);

export interface CommandOptions {
  readonly command: readonly string[];
  /** Stands for the root of the container's files. */
  readonly folder: string;
  readonly hostname: string;
  /** Runs the command at a terminal, where the machine has some. */
  readonly terminals: Terminals | undefined;
}

const SUCCESS: JsonObject = { metadata: {}, status: 'Success' };

/**
 * Runs a command of a simulated container, and the processes it starts, until it ends, the client goes or `signal`
 * aborts; nothing of it is left then. Paths among its arguments are taken inside the folder; this is for
 * convenience and keeps nobody in.
 *
 * @returns the Status that tells the outcome
 */
export async function runCommand(
  options: CommandOptions,
  session: RemoteSession,
  signal: AbortSignal,
): Promise<JsonObject> {
  const [given = '', ...args] = options.command;
  const program = posix.basename(given);
  if (!PROGRAMS.has(program)) {
    session.stderr.write(`exec: "${given}": executable file not found in $PATH\n`);
    return createExitStatus(127);
  }
  const command = [program, ...args.map(intoFolder)];
  using terminal = await options.terminals?.open(command);
  const child = spawn(terminal?.program ?? program, [...(terminal?.args ?? command.slice(1))], {
    cwd: options.folder,
    detached: true, // leads a group of its own, so that all of it can be ended
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: options.folder,
      TMPDIR: posix.join(options.folder, 'tmp'),
      HOSTNAME: options.hostname,
      LANG: 'C.UTF-8',
      ...(terminal === undefined ? {} : { SHELL: '/bin/sh', TERM: 'xterm' }),
    },
  });
  const kill = (): void => {
    killGroup(child);
    terminal?.[Symbol.dispose]();
  };
  const ends = [session.closed, signal];
  for (const end of ends) end.addEventListener('abort', kill, { once: true });
  if (ends.some(({ aborted }) => aborted)) kill();
  process.once('exit', kill);
  child.stdin.on('error', noop); // it ended before it had read everything
  session.stdin.pipe(child.stdin);
  child.stdout.pipe(session.stdout, { end: false });
  child.stderr.pipe(options.terminals === undefined ? session.stderr : session.stdout, { end: false });
  if (terminal !== undefined) session.sizes.listen((size) => terminal.resize(size));
  try {
    return await new Promise((resolve) => {
      child.once('error', (error) => resolve(createFailure(errorText(error))));
      child.once('close', (code, signalName) =>
        resolve(
          code === 0 ? SUCCESS : createExitStatus(code ?? 128 + constants.signals[signalName ?? 'SIGKILL']),
        ),
      );
    });
  } finally {
    kill();
    process.off('exit', kill);
    for (const end of ends) end.removeEventListener('abort', kill);
    session.stdin.unpipe(child.stdin).resume();
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // the group is gone already, and this then does nothing
  }
}

/** `/a/b` becomes `a/b`, which is the same file seen from the folder. */
function intoFolder(arg: string): string {
  if (!arg.startsWith('/')) return arg;
  return posix.normalize(arg).replace(/^\/+/, '') || '.';
}

function createExitStatus(code: number): JsonObject {
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

function createFailure(message: string): JsonObject {
  return { metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 };
}
