import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Fleet } from '../harness/fleet.ts';
import type { NodeProgram } from './nodes.ts';

const LIMIT_MS = 120_000;

/** An example, and how to see that it does what it says. */
export interface Example {
  readonly name: string;
  readonly args?: readonly string[];
  /** What has to be printed, and what is done once it has been. It is stopped by Ctrl-C after the last, unless it ends itself. */
  readonly steps: readonly { readonly wants: RegExp; readonly then?: (fleet: Fleet) => Promise<unknown> }[];
  readonly endsItself: boolean;
}

export const EXAMPLES: readonly Example[] = [
  {
    name: 'list-clusters',
    steps: [{ wants: /^one +ready +v1\.\d+/m }, { wants: /^two +ready +v1\.\d+/m }],
    endsItself: true,
  },
  { name: 'deploy-everywhere', steps: [{ wants: /^runs on 2 of 2 clusters$/m }], endsItself: true },
  {
    name: 'follow-logs',
    args: ['app=hello'],
    steps: [{ wants: /^one hello-\S+ \| ./m }, { wants: /^two hello-\S+ \| ./m }],
    endsItself: false,
  },
  {
    name: 'cluster-gone',
    args: ['2'],
    steps: [
      { wants: /^one is being watched$/m },
      { wants: /^two is being watched$/m, then: (fleet) => fleet.child('two').agent.stop() },
      { wants: /^two is gone: /m, then: (fleet) => fleet.child('two').startAgent() },
      { wants: /^two is back$/m },
    ],
    endsItself: true,
  },
  {
    name: 'test-controller',
    steps: [{ wants: /^the controller does what it should$/m }],
    endsItself: true,
  },
];

export interface ExampleRun {
  readonly node: NodeProgram;
  /** Of the project. */
  readonly folder: string;
  readonly kubeconfig: string;
  readonly fleet: Fleet;
}

/** Runs an example to its end. @throws with all that it printed when it is not as it should be */
export async function runExample(
  example: Example,
  { node, folder, kubeconfig, fleet }: ExampleRun,
): Promise<void> {
  const child = spawn(node.path, [join('dist', `${example.name}.js`), ...(example.args ?? [])], {
    cwd: folder,
    env: { PATH: '', HOME: folder, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let wake = (): void => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    wake();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const over = new AbortController();
  const ended = new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  }).finally(() => {
    over.abort();
    wake();
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  try {
    for (const { wants, then } of example.steps) {
      while (!wants.test(stdout)) {
        if (over.signal.aborted)
          throw new Error(`it ended with ${await ended} and did not print ${String(wants)}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      await then?.(fleet);
    }
    if (!example.endsItself) child.kill('SIGINT');
    const code = await ended;
    if (code !== 0) throw new Error(`it ended with ${code}`);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${(error as Error).message}\n${stdout}${stderr}`, { cause: error });
  } finally {
    clearTimeout(limit);
  }
}
