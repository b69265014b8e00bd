import type { X509Certificate } from 'node:crypto';
import {
  ApiError,
  createBadRequest,
  createGroupAuthorizer,
  createPathNotFound,
  createX509Authenticator,
  startApiServer,
  writeText,
} from '@clusternet/apiserver';
import type { ApiRequest, ApiResponse } from '@clusternet/apiserver';
import { objectKey } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { createCa, parseCertificates } from '@clusternet/pki';
import type { Clock, Logger } from '@clusternet/runtime';
import { objectAt, objectsAt, textAt } from '../../built-in/fields.ts';
import { acceptRemoteSession } from '../streams/remote-session.ts';
import type { UpgradedRequest, WantedStreams } from '../streams/remote-session.ts';
import { createPodFolders } from './pod-folders.ts';
import { createPodHttp } from './pod-http.ts';
import { findContainerRun } from './pod-log.ts';
import { acceptPortForward } from './port-forward.ts';
import { runCommand } from './run-command.ts';
import { streamLog } from './stream-log.ts';
import { createTerminals } from './terminals.ts';
import type { Terminals } from './terminals.ts';

export interface EndpointDeps {
  /** A pod of this node, by `namespace/name`. */
  readonly getPod: (key: string) => KubeObject | undefined;
  /** The CAs of the clients of the API server, PEM. Asked until it answers. */
  readonly getClientCa: () => Promise<string>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The HTTPS endpoint of a simulated kubelet. Disposing it ends every stream, process and file. */
export interface KubeletEndpoint extends AsyncDisposable {
  readonly port: number;
  /** Ends what belongs to a pod that is gone. */
  removePod(uid: string): void;
}

/** A stream lasts as long as it likes: the longest that a timer can wait. */
const NO_TIMEOUT_MS = 2_147_483_647;

/**
 * Serves logs, exec, attach and port-forward of the pods of a node on loopback, as kubelets do, to holders of a
 * client certificate of group `system:masters`: to API servers, that is.
 */
export async function startEndpoint(
  deps: EndpointDeps,
  options: { readonly logIntervalMs: number },
): Promise<KubeletEndpoint> {
  const { clock, log } = deps;
  const serving = await createCa({ commonName: 'simulated-kubelet' });
  const folders = createPodFolders();
  const stop = new AbortController();
  const pods = new Map<string, AbortController>();
  let clientCas: readonly X509Certificate[] = [];
  const x509 = createX509Authenticator({ clock }, () => clientCas);

  const podSignal = (uid: string): AbortSignal => {
    const known = pods.get(uid) ?? new AbortController();
    pods.set(uid, known);
    return known.signal;
  };
  const end = (uid: string): void => {
    pods.get(uid)?.abort();
    pods.delete(uid);
    folders.remove(uid);
  };
  const parts: Parts = {
    deps,
    options,
    folders,
    terminals: createTerminals(clock),
    podSignal,
    stopSignal: stop.signal,
  };
  const server = await startApiServer(
    {
      authenticate: async (input, signal) => {
        if (clientCas.length === 0) clientCas = parseCertificates(await deps.getClientCa());
        return x509(input, signal);
      },
      authorize: createGroupAuthorizer(['system:masters']),
      handle: (request, response, signal) => handle(parts, request, response, signal),
      upgrade: (request, socket, head) => upgrade(parts, { request, socket, head }),
      log,
      clock,
    },
    { tls: serving, requestTimeoutMs: NO_TIMEOUT_MS },
  );
  return {
    port: server.port,
    removePod: end,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      for (const uid of [...pods.keys()]) end(uid);
      await server[Symbol.asyncDispose]();
      folders[Symbol.dispose]();
    },
  };
}

interface Parts {
  readonly deps: EndpointDeps;
  readonly options: { readonly logIntervalMs: number };
  readonly folders: ReturnType<typeof createPodFolders>;
  readonly terminals: Terminals;
  readonly podSignal: (uid: string) => AbortSignal;
  readonly stopSignal: AbortSignal;
}

interface Target {
  readonly verb: string;
  readonly pod: KubeObject;
  readonly uid: string;
  readonly container: string;
  readonly getPod: () => KubeObject | undefined;
}

const STREAM_VERBS: ReadonlySet<string> = new Set(['attach', 'exec', 'portForward']);

/** Reads `/verb/namespace/pod[/container]`. @throws {ApiError} `NotFound` */
function findTarget({ deps }: Parts, path: string): Target {
  const [, verb = '', namespace = '', name = '', container = ''] = path.split('/').map(decodeURIComponent);
  if (verb !== 'containerLogs' && !STREAM_VERBS.has(verb)) throw createPathNotFound();
  const key = objectKey(namespace, name);
  const pod = deps.getPod(key);
  if (pod === undefined) throw new ApiError('NotFound', `pod "${name}" does not exist`);
  const spec = objectAt(pod, 'spec');
  const containers = [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')];
  if (verb !== 'portForward' && !containers.some((item) => textAt(item, 'name') === container))
    throw new ApiError('NotFound', `container "${container}" not found in pod "${name}"`);
  const uid = pod.metadata.uid ?? '';
  const getPod = (): KubeObject | undefined => {
    const now = deps.getPod(key);
    return now?.metadata.uid === uid ? now : undefined;
  };
  return { verb, pod, uid, container, getPod };
}

async function handle(
  parts: Parts,
  request: ApiRequest,
  response: ApiResponse,
  signal: AbortSignal,
): Promise<void> {
  if (request.path === '/healthz') {
    writeText(response, 200, 'text/plain; charset=utf-8', 'ok');
    return;
  }
  const target = findTarget(parts, request.path);
  if (target.verb !== 'containerLogs') throw createBadRequest('Upgrade request required');
  const { query } = request;
  const run = findContainerRun(target.pod, target.container, query.get('previous') === 'true');
  if ('problem' in run) {
    writeText(response, 400, 'text/plain; charset=utf-8', run.problem);
    return;
  }
  const nowMs = parts.deps.clock.nowMs();
  const sinceSeconds = readCount(query, 'sinceSeconds');
  const sinceTime = query.get('sinceTime');
  const sinceMs =
    sinceTime === null
      ? sinceSeconds === undefined
        ? undefined
        : nowMs - sinceSeconds * 1000
      : Date.parse(sinceTime);
  const tailLines = readCount(query, 'tailLines');
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  const ends = AbortSignal.any([signal, parts.stopSignal, parts.podSignal(target.uid)]);
  await streamLog(
    parts.deps.clock,
    {
      getPod: target.getPod,
      container: target.container,
      run,
      options: {
        intervalMs: parts.options.logIntervalMs,
        ...(sinceMs === undefined ? {} : { sinceMs }),
        ...(tailLines === undefined ? {} : { tailLines }),
      },
      hasTimestamp: query.get('timestamps') === 'true',
      follow: query.get('follow') === 'true',
      limitBytes: readCount(query, 'limitBytes'),
    },
    response,
    ends,
  );
  response.end();
}

function readCount(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  return text === null || !/^\d+$/.test(text) ? undefined : Number(text);
}

async function upgrade(parts: Parts, upgraded: UpgradedRequest): Promise<void> {
  const { request } = upgraded;
  const target = findTarget(parts, request.path);
  const signal = parts.podSignal(target.uid);
  const stop = (): void => void upgraded.socket.destroy();
  signal.addEventListener('abort', stop, { once: true });
  parts.stopSignal.addEventListener('abort', stop, { once: true });
  upgraded.socket.once('close', () => {
    signal.removeEventListener('abort', stop);
    parts.stopSignal.removeEventListener('abort', stop);
  });
  if (target.verb === 'portForward') {
    acceptPortForward(createPodHttp(), target.pod, upgraded);
    return;
  }
  const wanted = readWantedStreams(request.query);
  const session = await acceptRemoteSession(upgraded, wanted);
  if (target.verb === 'exec') {
    const status = await runCommand(
      {
        command: request.query.getAll('command'),
        folder: parts.folders.get(target.uid),
        hostname: target.pod.metadata.name ?? '',
        terminals: wanted.tty ? parts.terminals : undefined,
      },
      session,
      signal,
    );
    await session.finish(status);
    return;
  }
  const run = findContainerRun(target.pod, target.container, false);
  session.stdin.pipe(session.stdout, { end: false }); // the container answers with what it reads
  if (!('problem' in run)) {
    const log = {
      getPod: target.getPod,
      container: target.container,
      run,
      options: { intervalMs: parts.options.logIntervalMs, sinceMs: parts.deps.clock.nowMs() },
      hasTimestamp: false,
      follow: true,
      limitBytes: undefined,
    };
    await streamLog(parts.deps.clock, log, session.stdout, AbortSignal.any([session.closed, signal]));
  }
  await session.finish({ metadata: {}, status: 'Success' });
}

function readWantedStreams(query: URLSearchParams): WantedStreams {
  const isOn = (name: string): boolean => ['1', 'true'].includes(query.get(name) ?? '');
  return { stdin: isOn('input'), stdout: isOn('output'), stderr: isOn('error'), tty: isOn('tty') };
}
