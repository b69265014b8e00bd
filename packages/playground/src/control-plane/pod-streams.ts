import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import {
  ApiError,
  assertAuthorized,
  createAttributes,
  createBadRequest,
  createInternalError,
} from '@clusternet/apiserver';
import type {
  Admission,
  ApiHandler,
  ApiRequest,
  Authorizer,
  CustomSubresource,
  UpgradeHandler,
} from '@clusternet/apiserver';
import type { CertificatePair } from '@clusternet/pki';
import { errorText } from '@clusternet/runtime';
import { createProxyUpgrade } from '../aggregation/proxy-request.ts';
import { createConnectRequest } from './connect-request.ts';
import { findKubelet } from './kubelet-location.ts';
import type { KubeletLocation } from './kubelet-location.ts';
import type { LocalApi } from './local-api.ts';

export interface PodStreamDeps {
  readonly api: LocalApi;
  readonly authorize: Authorizer;
  /** Both phases of admission. */
  readonly admit: Admission;
  /** What the control plane shows to kubelets. */
  readonly getClient: () => Promise<CertificatePair>;
}

/** The subresources of pods that kubelets answer. Disposing closes the connections to them. */
export interface PodStreams extends Disposable {
  readonly subresources: readonly CustomSubresource[];
}

const STREAMS = [
  ['attach', 'PodAttachOptions', 'attach'],
  ['exec', 'PodExecOptions', 'exec'],
  ['portforward', 'PodPortForwardOptions', 'portForward'],
] as const;

export function createPodStreams(deps: PodStreamDeps): PodStreams {
  const { api } = deps;
  let agent: Agent | undefined;
  const getAgent = async (): Promise<Agent> => {
    const { certPem: cert, keyPem: key } = await deps.getClient();
    // Kubelets sign their own certificates: like kube-apiserver without a CA for kubelets, we take any.
    return (agent ??= new Agent({ cert, key, rejectUnauthorized: false }));
  };
  const streams = STREAMS.map(([name, kind, verb]): CustomSubresource => {
    const upgrade = createProxyUpgrade(async (request) => {
      const location = await findKubelet(api, request, verb);
      if (location !== undefined) return { ...location, agent: await getAgent(), tellsUser: false };
      throw createBadRequest(`pod ${request.info.name} does not have a host assigned`);
    });
    return {
      name,
      kind,
      verbs: ['create', 'get'],
      handle: async (request, _response, signal) => {
        await deps.admit(createConnectRequest(api.of('', 'pods').definition, kind, request, signal));
        await api.of('', 'pods').get(request.info.namespace, request.info.name);
        throw createBadRequest('Upgrade request required');
      },
      upgrade: createCheckedUpgrade(deps, kind, upgrade),
    };
  });
  const log: CustomSubresource = {
    name: 'log',
    kind: 'Pod',
    verbs: ['get'],
    handle: createLogHandler(api, getAgent),
  };
  return { subresources: [...streams, log], [Symbol.dispose]: () => agent?.destroy() };
}

/** Whoever streams over a websocket, which is a GET, has to be allowed to create too; admission has a say as well. */
function createCheckedUpgrade(
  { api, authorize, admit }: PodStreamDeps,
  kind: string,
  upgrade: UpgradeHandler,
): UpgradeHandler {
  return async (request, socket, head, signal) => {
    if (request.info.verb !== 'create') {
      const info = { ...request.info, verb: 'create' };
      await assertAuthorized(authorize, createAttributes(request.user, info), signal);
    }
    await admit(createConnectRequest(api.of('', 'pods').definition, kind, request, signal));
    await upgrade(request, socket, head, signal);
  };
}

function createLogHandler(api: LocalApi, getAgent: () => Promise<Agent>): ApiHandler {
  return async (request, response, signal) => {
    const location = await findKubelet(api, request, 'containerLogs');
    if (location === undefined) {
      response.writeHead(200, { 'content-type': 'text/plain' }).end();
      return;
    }
    const incoming = await getLogs(location, await getAgent(), request, signal);
    response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
    response.flushHeaders();
    await new Promise<void>((resolve) => {
      incoming.pipe(response);
      incoming.once('error', () => response.destroy());
      response.once('close', () => {
        incoming.destroy();
        resolve();
      });
    });
  };
}

async function getLogs(
  location: KubeletLocation,
  agent: Agent,
  { info }: ApiRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = httpsRequest({ ...location, agent, signal }, resolve);
    outgoing.on('error', (error) => {
      reject(
        createInternalError(
          new Error(`Get "https://${location.host}:${location.port}${location.path}": ${errorText(error)}`),
        ),
      );
    });
    outgoing.end();
  });
  if (incoming.statusCode === 200) return incoming;
  let text = '';
  for await (const chunk of incoming) text += String(chunk);
  if (incoming.statusCode === 400) throw createBadRequest(text);
  if (incoming.statusCode === 404)
    throw new ApiError(
      'NotFound',
      `the server could not find the requested resource ( pods/log ${info.name})`,
    );
  throw createInternalError(new Error(text));
}
