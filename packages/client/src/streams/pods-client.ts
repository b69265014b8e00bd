import { resourcePath } from '../resource.ts';
import type { ObjectRef } from '../resource.ts';
import { statusError, withQuery } from '../rest.ts';
import type { ConnectionConfig } from '../connection-config.ts';
import type { Transport } from '../transport.ts';
import type { ChannelSocket, OpenSocket } from './channel-socket.ts';
import { EXEC_PROTOCOLS, startExec } from './exec.ts';
import type { ExecSession } from './exec.ts';
import { followLog } from './follow-log.ts';
import type { LogOptions } from './follow-log.ts';
import { podRef } from './pod-ref.ts';
import { PORT_FORWARD_PROTOCOLS, startPortForward } from './port-forward.ts';
import type { PortStream } from './port-forward.ts';
import { collectOutput } from './run-command.ts';
import type { CollectOptions, CommandResult } from './run-command.ts';

/** Where a command runs, and with which streams. */
export interface ExecOptions {
  /** @default the pod's only one */
  readonly container?: string;
  /** Whether `write` and `end` are wanted. @default false */
  readonly stdin?: boolean;
  /** Runs it in a terminal, which has one output. @default false */
  readonly tty?: boolean;
}

/** Where a command runs, what it is given, and how much it may print. */
export interface RunOptions extends CollectOptions {
  /** @default the pod's only one */
  readonly container?: string;
}

/** What runs in the pods of a cluster. */
export interface PodsClient {
  /** Lines of a log. Ends in peace when `signal` aborts. */
  logs(pod: ObjectRef, options?: LogOptions, signal?: AbortSignal): AsyncIterable<string>;
  /** Starts a command in a container. @param command - program and arguments; there is no shell unless it is one */
  exec(
    pod: ObjectRef,
    command: readonly string[],
    options?: ExecOptions,
    signal?: AbortSignal,
  ): Promise<ExecSession>;
  /** Runs a command to its end. */
  run(
    pod: ObjectRef,
    command: readonly string[],
    options?: RunOptions,
    signal?: AbortSignal,
  ): Promise<CommandResult>;
  /** Connects to a port of a pod. */
  portForward(pod: ObjectRef, port: number, signal?: AbortSignal): Promise<PortStream>;
}

export interface PodsClientDeps {
  readonly transport: Transport;
  readonly getConnection: (signal?: AbortSignal) => Promise<ConnectionConfig>;
  /** Tells a failure of the way from an answer of the cluster. */
  readonly explain: (status: number, text: string) => Error | undefined;
  readonly openSocket: OpenSocket;
}

/** Creates a client of pods' streams. */
export function createPodsClient({
  transport,
  getConnection,
  explain,
  openSocket,
}: PodsClientDeps): PodsClient {
  const { hop } = transport;
  const open = async (
    path: string,
    protocols: readonly string[],
    what: string,
    signal?: AbortSignal,
  ): Promise<ChannelSocket> =>
    openSocket(
      {
        connection: await getConnection(signal),
        path,
        protocols,
        what,
        hop,
        explain: (status, text) =>
          explain(status, text) ?? statusError({ status, headers: {} }, text, what, hop),
      },
      signal,
    );
  const exec: PodsClient['exec'] = async (pod, command, options = {}, signal) => {
    const { container, stdin = false, tty = false } = options;
    const what = `run ${command[0] ?? 'nothing'} in ${pod.namespace ?? ''}/${pod.name}`;
    const flags = { container, stdin, stdout: true, stderr: !tty, tty };
    const words = command.map((word) => `command=${encodeURIComponent(word)}`).join('&');
    const path = withQuery(`${resourcePath(podRef, pod, 'exec')}?${words}`, flags);
    return startExec(await open(path, EXEC_PROTOCOLS, what, signal), what, hop);
  };
  return {
    logs: (pod, options, signal) => followLog(transport, pod, options, signal),
    exec,
    run: async (pod, command, options = {}, signal) => {
      const { container, input } = options;
      const stdin = input !== undefined;
      const session = await exec(
        pod,
        command,
        { stdin, ...(container === undefined ? {} : { container }) },
        signal,
      );
      return collectOutput(session, options, `run ${command[0] ?? 'nothing'} in ${pod.name}`);
    },
    portForward: async (pod, port, signal) => {
      const what = `forward port ${port} of ${pod.namespace ?? ''}/${pod.name}`;
      const path = withQuery(resourcePath(podRef, pod, 'portforward'), { ports: port });
      return startPortForward(await open(path, PORT_FORWARD_PROTOCOLS, what, signal), what, hop);
    },
  };
}
