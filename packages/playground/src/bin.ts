#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { systemClock, systemRandom } from '@clusternet/runtime';
import type { LogFields, Logger } from '@clusternet/runtime';
import { runPlayground } from './run-playground.ts';

const HELP = `clusternet-playground: Kubernetes control planes in one process, for trying things out.
Never for production: everything is in memory, and nothing runs any container.

Usage:
  clusternet-playground up [--clusters N] [--port P] [--dir DIR] [--ready-delay-ms MS] [--verbose]

  --clusters        clusters to start (1)
  --port            port of the first one; 0 takes free ones (0)
  --dir             where kubeconfigs are written (.)
  --ready-delay-ms  time a pod takes to become ready (200)
  --verbose         log everything to stderr

Runs in the foreground until SIGINT or SIGTERM.
`;

function createStderrLogger(isVerbose: boolean, base: LogFields = {}): Logger {
  const write = (level: string, message: string, fields: LogFields = {}): void => {
    process.stderr.write(`${JSON.stringify({ level, message, ...base, ...fields })}\n`);
  };
  return {
    debug: (message, fields) => (isVerbose ? write('debug', message, fields) : undefined),
    info: (message, fields) => (isVerbose ? write('info', message, fields) : undefined),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    child: (fields) => createStderrLogger(isVerbose, { ...base, ...fields }),
  };
}

function readNumber(name: string, text: string, lowest: number, highest: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= lowest && value <= highest) return value;
  throw new Error(`--${name} is a whole number from ${lowest} to ${highest}, not ${JSON.stringify(text)}`);
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      clusters: { type: 'string', default: '1' },
      port: { type: 'string', default: '0' },
      dir: { type: 'string', default: '.' },
      'ready-delay-ms': { type: 'string', default: '200' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help || positionals[0] !== 'up') {
    process.stdout.write(HELP);
    if (!values.help) process.exitCode = 2;
    return;
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  await runPlayground(
    {
      clock: systemClock,
      random: systemRandom,
      log: createStderrLogger(values.verbose),
      announce: ({ name, url, kubeconfig }) =>
        process.stdout.write(`${name} is up at ${url}: export KUBECONFIG=${kubeconfig}\n`),
    },
    {
      clusters: readNumber('clusters', values.clusters, 1, 1000),
      port: readNumber('port', values.port, 0, 65_535),
      directory: values.dir,
      readyDelayMs: readNumber('ready-delay-ms', values['ready-delay-ms'], 0, 3_600_000),
    },
    stop.signal,
  );
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
