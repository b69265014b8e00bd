import { mkdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LOG_FILE } from '../control/run-file.ts';
import { PlaygroundError } from '../errors.ts';
import { runPlayground } from '../fleet/run-playground.ts';
import type { CliDeps, ExitCode } from './cli-deps.ts';
import { directoryOf, findPlayground, formatCommandLine, quote } from './find-playground.ts';
import type { UpCommand } from './parse-command.ts';

/** Starts clusters, and runs them here or leaves them running in the background. */
export async function runUp(deps: CliDeps, command: UpCommand, signal: AbortSignal): Promise<ExitCode> {
  const running = await findPlayground(deps, command.where);
  if (running !== undefined) {
    const down = formatCommandLine(deps, command.where, 'down');
    throw new PlaygroundError(
      'ALREADY_RUNNING',
      `the playground ${command.where.name} is running already (process ${running.pid}); ${down} ends it, --name starts another beside it`,
    );
  }
  return command.mode === 'parent' ? runInBackground(deps, command, signal) : runHere(deps, command, signal);
}

async function runHere(deps: CliDeps, command: UpCommand, signal: AbortSignal): Promise<ExitCode> {
  const { where, clusters, port, readyDelayMs, mode } = command;
  const isChild = mode === 'child';
  const print = isChild ? (text: string) => deps.tellParent({ kind: 'text', text }) : deps.out;
  const noun = clusters.length === 1 ? 'cluster' : 'clusters';
  print(`Starting ${clusters.length} ${noun}: Kubernetes APIs in memory, not for production.\n`);
  await runPlayground(
    {
      clock: deps.clock,
      random: deps.random,
      log: deps.createLog(command.isVerbose),
      pid: deps.pid,
      report: (event) => {
        const seconds = (event.tookMs / 1000).toFixed(1);
        if (event.kind === 'ready') print(`  ${event.name} is ready at ${event.url} (${seconds} s)\n`);
        else {
          print(`All up in ${seconds} s. ${formatNextSteps(deps, command, event.kubeconfig)}`);
          if (isChild) deps.tellParent({ kind: 'up' });
        }
      },
    },
    { name: where.name, directory: directoryOf(deps, where), clusters, port, readyDelayMs },
    signal,
  );
  if (!isChild) print(`The playground ${where.name} is down.\n`);
  return 0;
}

function formatNextSteps(deps: CliDeps, { where, clusters, mode }: UpCommand, kubeconfig: string): string {
  const [first = ''] = clusters;
  const steps: (readonly [string, string])[] = [
    [`export KUBECONFIG=${quote(kubeconfig)}`, ''],
    [`kubectl --context ${first} get nodes`, clusters.length > 1 ? 'every cluster is a context' : ''],
    [formatCommandLine(deps, where, 'status'), ''],
    [formatCommandLine(deps, where, `freeze ${first}`), 'an outage, until thaw'],
    [formatCommandLine(deps, where, 'down'), mode === 'child' ? 'ends it' : 'ends it, and so does Ctrl-C'],
  ];
  const widest = Math.max(...steps.slice(1).map(([step]) => step.length));
  const lines = steps.map(([step, why]) => `  ${why === '' ? step : `${step.padEnd(widest)}  # ${why}`}`);
  return `What to do now:\n\n${lines.join('\n')}\n\n`;
}

async function runInBackground(deps: CliDeps, command: UpCommand, signal: AbortSignal): Promise<ExitCode> {
  const directory = directoryOf(deps, command.where);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const logPath = join(directory, LOG_FILE);
  const background = await deps.spawnBackground(toArguments(deps, command), logPath);
  const onAbort = (): void => background.stop();
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const reasons: string[] = [];
    const up = new Promise<'up'>((resolve) => {
      background.onMessage((message) => {
        if (message.kind === 'up') resolve('up');
        else if (message.kind === 'text') deps.out(message.text);
        else {
          reasons.push(message.text);
          deps.err(message.text);
        }
      });
    });
    const outcome = await Promise.race([up, background.ended]);
    if (outcome === 'up') {
      background.release();
      return 0;
    }
    const hasLog = await keepLog(directory, logPath);
    if (reasons.length === 0 && !signal.aborted)
      deps.err(
        `The playground ended while it started (${outcome}).${hasLog ? ` Its log: ${logPath}` : ''}\n`,
      );
    return 1;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Removes a log with nothing in it. @returns whether there is something */
async function keepLog(directory: string, logPath: string): Promise<boolean> {
  const sizeBytes = await stat(logPath).then(
    ({ size }) => size,
    () => 0, // the run has removed it with everything else
  );
  if (sizeBytes > 0) return true;
  await rm(logPath, { force: true });
  await rmdir(directory).catch(() => undefined); // somebody else's things are in it
  return false;
}

function toArguments(deps: CliDeps, command: UpCommand): string[] {
  const { where, clusters, port, readyDelayMs, isVerbose } = command;
  return [
    'up',
    ...['--clusters', clusters.join(',')],
    ...['--port', String(port)],
    ...['--ready-delay', `${readyDelayMs}ms`],
    ...['--name', where.name],
    ...(where.dir === undefined ? [] : ['--dir', join(directoryOf(deps, where), '..')]),
    ...(isVerbose ? ['--verbose'] : []),
    '--report-to-parent',
  ];
}
