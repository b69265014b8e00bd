import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { findProgram } from '../conformance/tools.ts';
import type { ToolResult } from '../conformance/tools.ts';

const PLUGIN = resolve(import.meta.dirname, '../../packages/kubectl-clusternet/dist/program/bin.js');
const LIMIT_MS = 60_000;

/** `kubectl clusternet`, as kubectl finds plugins: by their name on the PATH. */
export interface Plugin extends Disposable {
  readonly folder: string;
  run(args: readonly string[], options?: PluginRun): Promise<ToolResult>;
  /** @returns standard output @throws when it fails */
  clusternet(...args: string[]): Promise<string>;
  /** Writes a file that only its user may read. @returns its path */
  write(name: string, text: string, mode?: number): string;
}

export interface PluginRun {
  readonly input?: string;
  /** Without kubectl on the PATH, the plugin is called itself. @default true */
  readonly hasKubectl?: boolean;
  /** Runs kubectl itself, which may find the plugin. @default false */
  readonly isPlain?: boolean;
  /** Ends it once its output has this. */
  readonly until?: RegExp;
  /** Done with its output so far before it is ended by `until`. */
  readonly meanwhile?: (stdout: string) => Promise<void>;
}

/** @param kubeconfig - of the parent */
export function installPlugin(kubeconfig: string): Plugin {
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-plugin-'));
  const write = (name: string, text: string, mode = 0o600): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode });
    return path;
  };
  const program = write(
    'kubectl-clusternet',
    `#!/bin/sh\nexec '${process.execPath}' '${PLUGIN}' "$@"\n`,
    0o700,
  );
  symlinkSync(findProgram('kubectl'), join(folder, 'kubectl'));
  const KUBECONFIG = write('parent.kubeconfig', kubeconfig);

  const run: Plugin['run'] = (
    args,
    { input = '', hasKubectl = true, isPlain = false, until, meanwhile } = {},
  ) =>
    new Promise((done, fail) => {
      const PATH = hasKubectl ? `${folder}${delimiter}${process.env['PATH'] ?? ''}` : '/nonexistent';
      const child = hasKubectl
        ? spawn(join(folder, 'kubectl'), [...(isPlain ? [] : ['clusternet']), ...args], {
            env: { PATH, HOME: folder, KUBECONFIG },
          })
        : spawn(process.execPath, [PLUGIN, ...args], { env: { PATH, HOME: folder, KUBECONFIG } });
      const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
      let stdout = '';
      let stderr = '';
      let isMet = false;
      child.stdout.on('data', (chunk: Buffer) => {
        stdout += chunk.toString();
        if (until?.test(stdout) !== true || isMet) return;
        isMet = true;
        (meanwhile?.(stdout) ?? Promise.resolve()).catch(fail).finally(() => child.kill('SIGINT'));
      });
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      child.once('error', fail);
      child.once('close', (code) => {
        clearTimeout(limit);
        done({ code: code ?? 128, stdout, stderr });
      });
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
    });
  return {
    folder,
    run,
    write,
    clusternet: async (...args) => {
      const { code, stdout, stderr } = await run(args);
      if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${code}: ${stderr}`);
      return stdout;
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
