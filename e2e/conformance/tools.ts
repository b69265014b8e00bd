import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Asset } from '../assets/catalog.ts';
import { findAssets } from '../assets/find.ts';
import type { Plane } from '../harness/plane.ts';

/** What a program left behind. */
export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A client that nobody here wrote. */
type Client = Extract<Asset['name'], 'client-go-peer' | 'helm' | 'kubectl'>;

/** The path of a client. @throws when it is missing */
export function findProgram(name: Client): string {
  const path = findAssets([name])?.get(name);
  if (path === undefined) throw new Error(`${name} is missing; run: npm run assets`);
  return path;
}

/** kubectl and helm, pointed at one control plane, with a folder of their own. */
export interface Tools extends Disposable {
  readonly folder: string;
  /** Runs a program to its end, at most 30 s. @param input - its standard input */
  run(program: Client, args: readonly string[], input?: string): Promise<ToolResult>;
  /** Runs kubectl. @returns standard output @throws when it fails */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Runs helm. @returns standard output @throws when it fails */
  helm(args: readonly string[], input?: string): Promise<string>;
  /** Starts kubectl; it ends with the tools at the latest. */
  start(args: readonly string[]): ChildProcessWithoutNullStreams;
  /** Makes what is run from now on speak SPDY, as kubectl before 1.31 did, or websockets again. */
  setProtocol(protocol: 'SPDY' | 'websocket'): void;
  /** Starts kubectl and gathers what it prints, on both outputs. */
  follow(args: readonly string[]): Followed;
  /** Writes a file into the folder. @returns its path */
  write(name: string, content: Buffer | string): string;
}

/** A program at work. Disposing ends it. */
export interface Followed extends Disposable {
  /** What it has printed so far. */
  readonly text: () => string;
  /** Undefined while it runs. */
  readonly exitCode: () => number | null;
}

const LIMIT_MS = 30_000;

/** Running a program throws when it is missing. */
export function createTools(plane: Pick<Plane, 'kubeconfig'>): Tools {
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-tools-'));
  const write = (name: string, content: Buffer | string): string => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const kubeconfig = write('kubeconfig', plane.kubeconfig);
  const running = new Set<ChildProcessWithoutNullStreams>();
  let streaming: Record<string, string> = {};
  const startProgram = (program: Client, args: readonly string[]): ChildProcessWithoutNullStreams => {
    const child = spawn(findProgram(program), [...args], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        KUBECONFIG: kubeconfig,
        KUBE_EDITOR: `sh ${join(folder, 'editor.sh')}`,
        ...streaming,
      },
      stdio: 'pipe',
    });
    running.add(child);
    child.once('close', () => running.delete(child));
    return child;
  };
  const run = async (program: Client, args: readonly string[], input = ''): Promise<ToolResult> => {
    const child = startProgram(program, args);
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    child.stdin.end(input);
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => resolve(exitCode ?? 128));
    });
    clearTimeout(limit);
    return { code, stdout, stderr };
  };
  const succeed = async (program: Client, args: readonly string[], input?: string): Promise<string> => {
    const { code, stdout, stderr } = await run(program, args, input);
    if (code === 0) return stdout;
    throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
  };
  return {
    folder,
    run,
    kubectl: (args, input) => succeed('kubectl', args, input),
    helm: (args, input) => succeed('helm', args, input),
    start: (args) => startProgram('kubectl', args),
    follow: (args) => {
      const child = startProgram('kubectl', args);
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      return {
        text: () => text,
        exitCode: () => child.exitCode,
        [Symbol.dispose]: () => void child.kill('SIGTERM'),
      };
    },
    setProtocol: (protocol) => {
      const isSpdy = protocol === 'SPDY';
      streaming = isSpdy
        ? { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }
        : {};
    },
    write,
    [Symbol.dispose]: () => {
      for (const child of running) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
