import { spawn } from 'node:child_process';
import type { StdioOptions } from 'node:child_process';
import { PluginError } from '../errors.ts';

/** What a kubectl that ran to its end left. */
export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
}

/** Runs the kubectl that is on the PATH. */
export interface Kubectl {
  /** With the terminal of this process. @returns its exit code @throws {PluginError} `NO_KUBECTL` */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<number>;
  /**
   * With its output for us; what it complains about goes to the terminal.
   * @param input - its standard input
   * @throws {PluginError} `NO_KUBECTL`
   */
  read(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<KubectlResult>;
  /** As `run`, with a standard input of ours. */
  feed(args: readonly string[], input: string, env?: Readonly<Record<string, string>>): Promise<number>;
}

const MISSING =
  'kubectl is not on the PATH; this plugin runs it for most commands: https://kubernetes.io/docs/tasks/tools';

export interface KubectlDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Has signals passed on to kubectl, whose end this process outlives. @returns what ends that */
  readonly passSignals: (pass: (signal: NodeJS.Signals) => void) => () => void;
}

/** @param program - @default 'kubectl' */
export function createKubectl({ env, passSignals }: KubectlDeps, program = 'kubectl'): Kubectl {
  const start = (
    args: readonly string[],
    more: Readonly<Record<string, string>>,
    stdio: StdioOptions,
    input?: string,
  ): Promise<KubectlResult> =>
    new Promise((resolve, reject) => {
      const child = spawn(program, [...args], { env: { ...env, ...more }, stdio });
      const release = passSignals((signal) => child.kill(signal));
      let stdout = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stdin?.on('error', () => undefined); // it ended before it read everything
      child.stdin?.end(input);
      const settle = (finish: () => void): void => {
        release();
        finish();
      };
      child.once('error', (cause) =>
        settle(() => {
          const isMissing = 'code' in cause && cause.code === 'ENOENT';
          reject(isMissing ? new PluginError('NO_KUBECTL', MISSING) : cause);
        }),
      );
      child.once('close', (code, signal) =>
        settle(() => resolve({ code: code ?? (signal === 'SIGINT' ? 130 : 143), stdout })),
      );
    });
  return {
    run: async (args, more = {}) => (await start(args, more, 'inherit')).code,
    read: (args, more = {}) => start(args, more, ['ignore', 'pipe', 'inherit']),
    feed: async (args, input, more = {}) =>
      (await start(args, more, ['pipe', 'inherit', 'inherit'], input)).code,
  };
}
