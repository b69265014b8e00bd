import { spawn } from 'node:child_process';
import type { StdioOptions } from 'node:child_process';
import { PluginError } from '../errors.ts';

/** What a kubectl that ran to its end left. */
export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
}

export interface KubectlOptions {
  /** Beside that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

/** Runs the kubectl that is on the PATH. All throw {@link PluginError} `NO_KUBECTL` where there is none. */
export interface Kubectl {
  /** With the terminal of this process. @returns its exit code */
  run(args: readonly string[], options?: KubectlOptions): Promise<number>;
  /** With its output for us; what it complains about goes to the terminal. */
  read(args: readonly string[], options?: KubectlOptions): Promise<KubectlResult>;
  /** With all that it says for us. */
  ask(
    args: readonly string[],
    options?: KubectlOptions,
  ): Promise<KubectlResult & { readonly stderr: string }>;
  /** As `run`, with a standard input of ours. */
  feed(args: readonly string[], input: string, options?: KubectlOptions): Promise<number>;
}

const MISSING =
  'kubectl is not on the PATH; this plugin runs it for most commands: https://kubernetes.io/docs/tasks/tools';

export interface KubectlDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Has signals passed on to kubectl, whose end this process outlives. @returns what ends that */
  readonly passSignals: (pass: (signal: NodeJS.Signals) => void) => () => void;
}

interface Start extends KubectlOptions {
  readonly args: readonly string[];
  readonly stdio: StdioOptions;
  /** Its standard input. */
  readonly input?: string;
}

type Ended = KubectlResult & { readonly stderr: string };

/** @param program - @default 'kubectl' */
export function createKubectl({ env, passSignals }: KubectlDeps, program = 'kubectl'): Kubectl {
  const start = ({ args, env: more, stdio, input, signal }: Start): Promise<Ended> =>
    new Promise((resolve, reject) => {
      const child = spawn(program, [...args], { env: { ...env, ...more }, stdio });
      const release = passSignals((name) => child.kill(name));
      const stop = (): void => void child.kill();
      signal?.addEventListener('abort', stop, { once: true });
      let [stdout, stderr] = ['', ''];
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.stdin?.on('error', () => undefined); // it ended before it read everything
      child.stdin?.end(input);
      const settle = (finish: () => void): void => {
        release();
        signal?.removeEventListener('abort', stop);
        finish();
      };
      child.once('error', (cause) =>
        settle(() => {
          const isMissing = 'code' in cause && cause.code === 'ENOENT';
          reject(isMissing ? new PluginError('NO_KUBECTL', MISSING) : cause);
        }),
      );
      child.once('close', (code, name) =>
        settle(() => resolve({ code: code ?? (name === 'SIGINT' ? 130 : 143), stdout, stderr })),
      );
    });
  return {
    run: async (args, options) => (await start({ ...options, args, stdio: 'inherit' })).code,
    read: (args, options) => start({ ...options, args, stdio: ['ignore', 'pipe', 'inherit'] }),
    ask: (args, options) => start({ ...options, args, stdio: ['ignore', 'pipe', 'pipe'] }),
    feed: async (args, input, options) =>
      (await start({ ...options, args, input, stdio: ['pipe', 'inherit', 'inherit'] })).code,
  };
}
