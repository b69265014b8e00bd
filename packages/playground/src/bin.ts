#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { systemClock, systemRandom } from '@clusternet/runtime';
import type { LogFields, Logger } from '@clusternet/runtime';
import { chooseStateRoot } from './cli/choose-state-root.ts';
import type { BackgroundRun, CliDeps, ParentMessage } from './cli/cli-deps.ts';
import { runCommand } from './cli/run-command.ts';

function createLog(isVerbose: boolean, base: LogFields = {}): Logger {
  const write = (level: string, message: string, fields: LogFields = {}): void => {
    process.stderr.write(`${JSON.stringify({ level, message, ...base, ...fields })}\n`);
  };
  return {
    debug: (message, fields) => (isVerbose ? write('debug', message, fields) : undefined),
    info: (message, fields) => (isVerbose ? write('info', message, fields) : undefined),
    warn: (message, fields) => (isVerbose ? write('warn', message, fields) : undefined),
    error: (message, fields) => write('error', message, fields),
    child: (fields) => createLog(isVerbose, { ...base, ...fields }),
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function spawnBackground(args: readonly string[], logPath: string): Promise<BackgroundRun> {
  const log = await open(logPath, 'a', 0o600);
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), ...args], {
    detached: true,
    windowsHide: true,
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
  });
  await log.close(); // the child has its own
  return {
    onMessage: (callback) => void child.on('message', (message) => callback(message as ParentMessage)), // from ourselves
    ended: new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? 0}`));
    }),
    stop: () => void child.kill('SIGTERM'),
    release: () => {
      child.disconnect();
      child.unref();
    },
  };
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stop.abort());

let isUp = false;
function tellParent(message: ParentMessage): void {
  if (message.kind === 'up') isUp = true;
  // Without a callback a parent that has just died would end this process with an error.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}
process.once('disconnect', () => {
  if (!isUp) stop.abort(); // nobody waits for the clusters any more
});

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const isNpx = process.env['npm_command'] === 'exec' || process.env['npm_lifecycle_event'] === 'npx';
const deps: CliDeps = {
  program: isNpx ? 'npx @clusternet/playground' : 'clusternet-playground',
  version,
  pid: process.pid,
  stateRoot: chooseStateRoot({ env: process.env, platform: process.platform, home: homedir() }),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  clock: systemClock,
  random: systemRandom,
  createLog,
  isAlive,
  spawnBackground,
  tellParent,
};
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined); // the reader has left: head
process.exitCode = await runCommand(deps, process.argv.slice(2), stop.signal);
if (process.connected) process.disconnect();
