import { Agent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { parseJson, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { isDeadlineError, withTimeout } from '@clusternet/runtime';
import { createCallSlots } from './call-slots.ts';
import { describeCallFailure, describeHttpFailure } from './describe-failure.ts';
import type { Webhook, WebhookAddress } from './parse-webhooks.ts';

/** What became of a call. */
export type CallOutcome =
  | { readonly kind: 'answer'; readonly value: JsonValue }
  | { readonly kind: 'failure'; readonly reason: string };

/** Calls webhooks over connections that are kept. Disposing it closes them. */
export interface WebhookCaller extends Disposable {
  call(webhook: Webhook, review: JsonObject, signal: AbortSignal | undefined): Promise<CallOutcome>;
}

export interface WebhookCallerDeps {
  /** Where a service is. @throws when that is not known */
  readonly resolveService: (
    service: Extract<WebhookAddress, { kind: 'service' }>,
  ) => Promise<{ readonly host: string; readonly port: number }>;
}

export interface WebhookCallerOptions {
  /** Calls under way at once; further ones wait. @default 256 */
  readonly maxCalls?: number;
  /** Calls that wait; further ones fail. @default 1024 */
  readonly maxWaiting?: number;
  /** @default 3145728 */
  readonly maxAnswerBytes?: number;
}

/** Where a call goes. */
interface Target {
  /** Of the URL: what the certificate has to be for. */
  readonly name: string;
  readonly port: number;
  readonly path: string;
  /** As errors name it. */
  readonly url: string;
}

const PEM_BEGIN = '-----BEGIN CERTIFICATE-----';
const UNREADABLE_BUNDLE: CallOutcome = {
  kind: 'failure',
  reason: 'could not get REST client: unable to load root certificates: unable to parse bytes as PEM block',
};
/** As many as kube-apiserver keeps clients of. */
const MAX_AGENTS = 200;
const MAX_SOCKETS = 64;

/** Starts out without a connection. */
export function createWebhookCaller(
  deps: WebhookCallerDeps,
  options: WebhookCallerOptions = {},
): WebhookCaller {
  const { maxCalls = 256, maxWaiting = 1024, maxAnswerBytes = 3 * 1024 * 1024 } = options;
  const agents = new Map<string, Agent>();
  const slots = createCallSlots(maxCalls, maxWaiting);

  const agentFor = ({ address, caPem }: Webhook): Agent => {
    const key = JSON.stringify([address, caPem]);
    let agent = agents.get(key);
    if (agent === undefined) {
      agent = new Agent({
        keepAlive: true,
        maxSockets: MAX_SOCKETS,
        minVersion: 'TLSv1.2',
        ...(caPem === '' ? {} : { ca: caPem }),
      });
    } else agents.delete(key); // it goes to the end: the one least used is the first to go
    agents.set(key, agent);
    const [oldest] = agents;
    if (agents.size > MAX_AGENTS && oldest !== undefined) {
      oldest[1].destroy();
      agents.delete(oldest[0]);
    }
    return agent;
  };

  return {
    async call(webhook, review, signal) {
      if (webhook.caPem !== '' && !webhook.caPem.includes(PEM_BEGIN)) return UNREADABLE_BUNDLE;
      const target = planTarget(webhook);
      try {
        const what = `webhook ${webhook.name}`;
        const answer = await withTimeout(webhook.timeoutMs, signal, what, async (limit) => {
          const give = await slots.take(limit);
          try {
            const at = await findListener(deps, webhook, target);
            const message = { body: stringifyJson(review), maxAnswerBytes };
            return await sendKept({ ...target, ...at }, agentFor(webhook), message, limit);
          } finally {
            give();
          }
        });
        return readAnswer(answer);
      } catch (error) {
        const reason = isDeadlineError(error) ? 'context deadline exceeded' : describeCallFailure(error);
        return {
          kind: 'failure',
          reason: `failed to call webhook: Post ${JSON.stringify(target.url)}: ${reason}`,
        };
      }
    },
    [Symbol.dispose]() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

/** Where a call goes, as the configuration says. */
function planTarget({ address, timeoutMs }: Webhook): Target {
  const query = `?timeout=${Math.ceil(timeoutMs / 1000)}s`;
  if (address.kind === 'url') {
    const { host, hostname, port, pathname } = new URL(address.url);
    const path = `${pathname}${query}`;
    return {
      name: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 443),
      path,
      url: `https://${host}${path}`,
    };
  }
  const name = `${address.name}.${address.namespace}.svc`;
  const path = `${address.path === '' ? '/' : address.path}${query}`;
  return { name, port: address.port, path, url: `https://${name}:${address.port}${path}` };
}

async function findListener(
  deps: WebhookCallerDeps,
  { address }: Webhook,
  { name, port }: Target,
): Promise<{ readonly host: string; readonly port: number }> {
  return address.kind === 'url' ? { host: name, port } : deps.resolveService(address);
}

interface RawAnswer {
  readonly code: number;
  readonly contentType: string;
  readonly text: string;
}

/** A target, and where it listens. */
type Listener = Target & { readonly host: string };

interface Message {
  readonly body: string;
  readonly maxAnswerBytes: number;
}

/** A server may close a connection while it is taken up again: that says nothing about the server. */
class StaleConnection extends Error {}

const MAX_STALE = 3;

async function sendKept(
  target: Listener,
  agent: Agent,
  message: Message,
  signal: AbortSignal,
): Promise<RawAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(target, agent, message, signal);
    } catch (error) {
      if (!(error instanceof StaleConnection) || attempt > MAX_STALE) throw error;
    }
  }
}

function send(
  target: Listener,
  agent: Agent,
  { body, maxAnswerBytes }: Message,
  signal: AbortSignal,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({
      agent,
      host: target.host,
      port: target.port,
      path: target.path,
      method: 'POST',
      // The name is checked even where the server is an address, which has none to ask for.
      ...(isIP(target.name) === 0 ? { servername: target.name } : {}),
      headers: {
        host: new URL(target.url).host,
        accept: 'application/json, */*',
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'kube-apiserver-admission',
      },
      signal,
    });
    let isAnswered = false;
    // More than one may come: of the connection, and of the answer on it.
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = outgoing.reusedSocket && !isAnswered && error.code === 'ECONNRESET';
      reject(isStale ? new StaleConnection(error.message, { cause: error }) : error);
    });
    outgoing.once('response', (incoming) => {
      isAnswered = true;
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= maxAnswerBytes) chunks.push(chunk);
        else {
          reject(new Error(`the answer is longer than ${maxAnswerBytes} bytes`));
          outgoing.destroy();
        }
      });
      incoming.on('error', reject);
      incoming.once('end', () => {
        const contentType = incoming.headers['content-type'] ?? '';
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ code: incoming.statusCode ?? 0, contentType, text });
      });
    });
    outgoing.end(body);
  });
}

function readAnswer({ code, contentType, text }: RawAnswer): CallOutcome {
  if (code < 200 || code > 206) {
    return {
      kind: 'failure',
      reason: `failed to call webhook: ${describeHttpFailure(code, text, contentType)}`,
    };
  }
  try {
    return { kind: 'answer', value: parseJson(text) };
  } catch {
    const reason = `failed to call webhook: couldn't get version/kind; json parse error: the answer is not JSON`;
    return { kind: 'failure', reason };
  }
}
