import { createInternalError } from '@clusternet/apiserver';
import type { Admission, AdmissionRequest, ApiError, Storage } from '@clusternet/apiserver';
import {
  applyJsonPatch,
  cloneJson,
  equalJson,
  isJsonObject,
  isParseError,
  isPatchError,
  parseJson,
} from '@clusternet/kube-data';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';
import type { Logger, Random } from '@clusternet/runtime';
import { findBackend } from '../aggregation/find-backend.ts';
import type { LocalApi } from '../control-plane/local-api.ts';
import {
  createAdmissionReview,
  createDryRunRefusal,
  createRejection,
  parseDecision,
} from './admission-review.ts';
import type { ReviewedObjects, WebhookDecision } from './admission-review.ts';
import { createWebhookCaller } from './call-webhook.ts';
import { convertObject, listEquivalents } from './equivalent-versions.ts';
import { isExempt, matchesNamespace, matchesObject, planInvocation } from './match-webhook.ts';
import type { Invocation } from './match-webhook.ts';
import type { Webhook } from './parse-webhooks.ts';
import { createWebhookSource } from './webhook-source.ts';

export interface WebhookAdmissionDeps {
  readonly api: LocalApi;
  readonly storage: Storage;
  readonly random: Random;
  readonly log: Logger;
}

/** Asks webhooks about requests. Disposing it closes the connections to them. */
export interface WebhookAdmission extends Disposable {
  /** Lets mutating webhooks change a request, one after the other. */
  readonly mutate: Admission;
  /** Lets validating webhooks refuse a request, all at once. */
  readonly validate: Admission;
}

/** Calls webhooks as kube-apiserver calls them. */
export function createWebhookAdmission(deps: WebhookAdmissionDeps): WebhookAdmission {
  const { api, storage } = deps;
  const mutating = createWebhookSource(storage, 'mutatingwebhookconfigurations');
  const validating = createWebhookSource(storage, 'validatingwebhookconfigurations');
  const caller = createWebhookCaller({
    async resolveService(service) {
      const backend = await findBackend(api, service);
      if (backend.kind === 'found') return backend;
      const isGone = backend.reason === 'ServiceNotFound';
      throw new Error(isGone ? `service ${JSON.stringify(service.name)} not found` : backend.message);
    },
  });

  const plan = async (webhook: Webhook, request: AdmissionRequest): Promise<Invocation | undefined> => {
    const invocation = planInvocation(webhook, request, () => listEquivalents(api, request.resource));
    if (invocation === undefined || !matchesObject(webhook, request)) return undefined;
    const getLabels = async (name: string): Promise<KubeObject['metadata']['labels']> =>
      (await api.of('', 'namespaces').get('', name)).metadata.labels;
    return (await matchesNamespace(webhook, request, getLabels)) ? invocation : undefined;
  };

  /** @returns what was decided; undefined for a webhook that failed and whose failure does not matter */
  const ask = async (
    invocation: Invocation,
    request: AdmissionRequest,
    isMutating: boolean,
  ): Promise<WebhookDecision | undefined> => {
    const { webhook } = invocation;
    if (request.context.dryRun && !webhook.allowsDryRun) throw createDryRunRefusal(webhook.name);
    const uid = deps.random.uuid();
    const review = createAdmissionReview(uid, invocation, request, reviewedObjects(invocation, request));
    const outcome = await caller.call(webhook, review, request.context.signal);
    const parsed =
      outcome.kind === 'failure'
        ? { kind: 'invalid' as const, reason: outcome.reason }
        : prefixReason(
            parseDecision(outcome.value, uid, { version: webhook.reviewVersion ?? 'v1', isMutating }),
          );
    if (parsed.kind === 'invalid') {
      passFailure(webhook, parsed.reason);
      return undefined;
    }
    for (const text of parsed.decision.warnings) request.context.warn(text);
    if (!parsed.decision.allowed) throw createRejection(webhook.name, parsed.decision.status);
    return parsed.decision;
  };

  const passFailure = (webhook: Webhook, reason: string): void => {
    deps.log.warn('webhook failed', { webhook: webhook.name, reason, ignored: webhook.ignoresFailure });
    if (webhook.ignoresFailure) return;
    throw createInternalError(new Error(`failed calling webhook ${JSON.stringify(webhook.name)}: ${reason}`));
  };

  const reviewedObjects = (
    { resource }: Invocation,
    { resource: from, object, live }: AdmissionRequest,
  ): ReviewedObjects => ({
    object: convertObject(api, object, from, resource),
    live: convertObject(api, live, from, resource),
  });

  /** @returns whether the webhook has changed the object */
  const change = async (invocation: Invocation, request: AdmissionRequest): Promise<boolean> => {
    const decision = await ask(invocation, request, true);
    if (decision === undefined || decision.patch === '') return false;
    const { webhook, resource } = invocation;
    const operations = readPatch(decision);
    if (typeof operations === 'string') {
      passFailure(webhook, operations);
      return false;
    }
    if (operations.length === 0) return false;
    const { object, replaceObject } = request;
    if (object === undefined || replaceObject === undefined) throw createUnchangeable(webhook.name);
    const before = cloneJson(object);
    const shown = convertObject(api, before, request.resource, resource) ?? before;
    const patched = patchObject(shown, operations);
    replaceObject(convertObject(api, patched, resource, request.resource) ?? patched);
    return !equalJson(before, object);
  };

  return {
    async mutate(request) {
      const webhooks = mutating.list();
      if (webhooks.length === 0 || isExempt(request)) return;
      let asked: string[] = [];
      const again = new Set<string>();
      for (const isFirst of [true, false]) {
        for (const webhook of webhooks) {
          if (!isFirst && !again.has(webhook.id)) continue;
          const invocation = await plan(webhook, request);
          if (invocation === undefined) continue;
          if (await change(invocation, request)) {
            for (const id of asked) again.add(id);
            asked = [];
          }
          if (webhook.isReinvoked) asked.push(webhook.id);
        }
      }
    },
    async validate(request) {
      const webhooks = validating.list();
      if (webhooks.length === 0 || isExempt(request)) return;
      const invocations: Invocation[] = [];
      for (const webhook of webhooks) {
        const invocation = await plan(webhook, request);
        if (invocation !== undefined) invocations.push(invocation);
      }
      const outcomes = await Promise.allSettled(
        invocations.map((invocation) => ask(invocation, request, false)),
      );
      const refused = outcomes.find((outcome) => outcome.status === 'rejected');
      if (refused !== undefined) throw refused.reason;
    },
    [Symbol.dispose]() {
      mutating[Symbol.dispose]();
      validating[Symbol.dispose]();
      caller[Symbol.dispose]();
    },
  };
}

function prefixReason(parsed: ReturnType<typeof parseDecision>): ReturnType<typeof parseDecision> {
  if (parsed.kind === 'decision') return parsed;
  return { kind: 'invalid', reason: `received invalid webhook response: ${parsed.reason}` };
}

/** The operations of a patch, or why it has none. */
function readPatch({ patch, patchType }: WebhookDecision): JsonValue[] | string {
  try {
    const operations = parseJson(patch);
    if (!Array.isArray(operations)) return 'received undecodable patch in webhook response: it is no list';
    if (operations.length > 0 && patchType !== 'JSONPatch')
      return `unsupported patch type ${JSON.stringify(patchType)}`;
    return operations;
  } catch (error) {
    if (isParseError(error)) return `received undecodable patch in webhook response: ${error.message}`;
    throw error;
  }
}

function patchObject(object: KubeObject, operations: JsonValue[]): KubeObject {
  try {
    const patched = applyJsonPatch(object as unknown as JsonValue, operations); // an object of the API is JSON
    if (!isJsonObject(patched))
      throw createInternalError(new Error('the patch of a webhook leaves no object'));
    return patched as unknown as KubeObject; // its kind is checked where it is put in place
  } catch (error) {
    throw isPatchError(error) ? createInternalError(error) : error;
  }
}

function createUnchangeable(name: string): ApiError {
  return createInternalError(
    new Error(
      `admission webhook ${JSON.stringify(name)} attempted to modify the object, which is not supported for this operation`,
    ),
  );
}
