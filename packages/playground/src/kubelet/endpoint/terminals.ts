import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import type { Clock } from '@clusternet/runtime';
import type { TerminalSize } from '../streams/terminal-sizes.ts';

const run = promisify(execFile);

/** How long a terminal may take until it can be resized, ms, and how often that is tried. */
const RESIZE_PAUSE_MS = 20;
const RESIZE_TRIES = 50;

/** A command that runs at a terminal of its own. Disposing it ends everything that was started there. */
export interface Terminal extends Disposable {
  readonly program: string;
  readonly args: readonly string[];
  resize(size: TerminalSize): void;
}

/** Terminals of this machine: those that `script` of util-linux opens, since Node opens none. */
export interface Terminals {
  /** @returns undefined where there is no such program: the command then runs without a terminal */
  open(command: readonly string[]): Promise<Terminal | undefined>;
}

export function createTerminals(clock: Clock): Terminals {
  let isThere: Promise<boolean> | undefined;
  return {
    async open(command) {
      isThere ??= hasScript();
      return (await isThere) ? createTerminal(clock, command) : undefined;
    },
  };
}

async function hasScript(): Promise<boolean> {
  try {
    return (await run('script', ['--version'])).stdout.includes('util-linux');
  } catch {
    return false; // another system, or a small one
  }
}

function createTerminal(clock: Clock, command: readonly string[]): Terminal {
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-terminal-'));
  const note = join(folder, 'note');
  // The first process leads the session of the terminal: whatever is started there can be told by that.
  const text = `echo $$ $(tty) >${quote(note)}; exec ${command.map(quote).join(' ')}`;
  let isOver = false;
  let wanted: TerminalSize | undefined;
  const apply = async (): Promise<void> => {
    for (let tries = 0; tries < RESIZE_TRIES && !isOver; tries += 1) {
      const { device } = readNote(note);
      if (device !== undefined && wanted !== undefined) {
        const { columns, rows } = wanted;
        await run('stty', ['-F', device, 'cols', String(columns), 'rows', String(rows)]);
        return;
      }
      await new Promise((resolve) => clock.schedule(RESIZE_PAUSE_MS, () => resolve(undefined)));
    }
  };
  return {
    program: 'script',
    args: ['-qfec', text, '/dev/null'],
    resize(size) {
      wanted = size;
      apply().catch(() => undefined); // the command is over, and its terminal with it
    },
    [Symbol.dispose]() {
      isOver = true;
      const { session } = readNote(note);
      if (session !== undefined) endSession(session);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function readNote(path: string): { readonly session?: number; readonly device?: string } {
  try {
    const [, session = '', device = ''] = /^(\d+) (\/dev\/\S+)\n/.exec(readFileSync(path, 'utf8')) ?? [];
    return session === '' ? {} : { session: Number(session), device };
  } catch {
    return {}; // not yet written
  }
}

/** Ends every process of a session; jobs in the background are in groups of their own. */
function endSession(session: number): void {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // The name of the program stands in brackets and may hold anything; the session is the fourth after it.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]) === session)
        process.kill(Number(name), 'SIGKILL');
    } catch {
      continue; // it ended meanwhile
    }
  }
}
