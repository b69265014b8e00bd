import { ApiError, createBadRequest } from '@clusternet/apiserver';
import type { AdmissionRequest, UserInfo } from '@clusternet/apiserver';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import { numberAt, objectAt, textAt, textsAt } from '../built-in/fields.ts';
import { getNamespace } from './match-webhook.ts';
import type { Invocation } from './match-webhook.ts';

/** The objects of a request in the version that a webhook wants. */
export interface ReviewedObjects {
  readonly object: KubeObject | undefined;
  readonly live: KubeObject | undefined;
}

/** The AdmissionReview that a webhook is sent. */
export function createAdmissionReview(
  uid: string,
  { webhook, resource, kind }: Invocation,
  request: AdmissionRequest,
  { object, live }: ReviewedObjects,
): JsonObject {
  const { subresource, name } = request;
  const namespace = getNamespace(request);
  const requested = request.resource;
  return {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${webhook.reviewVersion ?? 'v1'}`,
    request: {
      uid,
      kind: { ...kind },
      resource: { group: resource.group, version: resource.version, resource: resource.resource },
      ...(subresource === '' ? {} : { subResource: subresource }),
      requestKind: { ...request.kind },
      requestResource: {
        group: requested.group,
        version: requested.version,
        resource: requested.resource,
      },
      ...(subresource === '' ? {} : { requestSubResource: subresource }),
      ...(name === '' ? {} : { name }),
      ...(namespace === '' ? {} : { namespace }),
      operation: request.operation,
      userInfo: describeUser(request.context.user),
      // Objects of the API are JSON.
      object: (object ?? null) as unknown as JsonValue,
      oldObject: (live ?? null) as unknown as JsonValue,
      dryRun: request.context.dryRun,
      options: request.options ?? null,
    },
  };
}

function describeUser({ name, uid, groups, extra }: UserInfo): JsonObject {
  const extras = [...extra].map(([key, values]): [string, JsonValue] => [key, [...values]]);
  return {
    ...(name === '' ? {} : { username: name }),
    ...(uid === undefined || uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups: [...groups] }),
    ...(extras.length === 0 ? {} : { extra: Object.fromEntries(extras) }),
  };
}

/** What a webhook has decided. */
export interface WebhookDecision {
  readonly allowed: boolean;
  readonly status: JsonObject | undefined;
  readonly warnings: readonly string[];
  /** JSON, base64 undone; empty: nothing is to be changed. */
  readonly patch: string;
  readonly patchType: string;
}

/** An answer, or why it is none. */
export type ParsedDecision =
  | { readonly kind: 'decision'; readonly decision: WebhookDecision }
  | { readonly kind: 'invalid'; readonly reason: string };

/**
 * Reads what a webhook answered.
 *
 * @param uid - of the request
 */
export function parseDecision(
  review: unknown,
  uid: string,
  expected: { readonly version: 'v1' | 'v1beta1'; readonly isMutating: boolean },
): ParsedDecision {
  const invalid = (reason: string): ParsedDecision => ({ kind: 'invalid', reason });
  const response = objectAt(review, 'response');
  if (response === undefined) return invalid('webhook response was absent');
  const patch = textAt(response, 'patch');
  const patchType = textAt(response, 'patchType');
  if (expected.version === 'v1') {
    const got = textAt(response, 'uid');
    if (got !== uid)
      return invalid(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(got)}`);
    const found = describeKind(review);
    const wanted = 'admission.k8s.io/v1, Kind=AdmissionReview';
    if (found !== wanted) return invalid(`expected webhook response of ${wanted}, got ${found}`);
    const mistake = expected.isMutating ? findPatchMistake(response) : findUnwantedPatch(response);
    if (mistake !== undefined) return invalid(mistake);
  }
  return {
    kind: 'decision',
    decision: {
      allowed: response['allowed'] === true,
      status: objectAt(response, 'status'),
      warnings: textsAt(response, 'warnings'),
      patch: Buffer.from(patch, 'base64').toString('utf8'),
      patchType: expected.version === 'v1beta1' && patch !== '' ? 'JSONPatch' : patchType,
    },
  };
}

function describeKind(review: unknown): string {
  const apiVersion = textAt(review, 'apiVersion');
  const at = apiVersion.indexOf('/');
  const [group, version] = at < 0 ? ['', apiVersion] : [apiVersion.slice(0, at), apiVersion.slice(at + 1)];
  return `${group}/${version}, Kind=${textAt(review, 'kind')}`;
}

function findPatchMistake(response: JsonObject): string | undefined {
  const hasPatch = textAt(response, 'patch') !== '';
  const { patchType } = response;
  const hasType = patchType !== undefined && patchType !== null;
  if (hasPatch && !hasType) return 'webhook returned response.patch but not response.patchType';
  if (!hasPatch && hasType) return 'webhook returned response.patchType but not response.patch';
  return hasType && patchType === '' ? 'webhook returned invalid response.patchType of ""' : undefined;
}

function findUnwantedPatch(response: JsonObject): string | undefined {
  if (textAt(response, 'patch') !== '') return 'validating webhook may not return response.patch';
  const { patchType } = response;
  return patchType === undefined || patchType === null
    ? undefined
    : 'validating webhook may not return response.patchType';
}

/** The refusal that a webhook's decision amounts to, in kube-apiserver's words. */
export function createRejection(name: string, status: JsonObject | undefined): ApiError {
  const denied = `admission webhook ${JSON.stringify(name)} denied the request`;
  const [message, reason] = [textAt(status, 'message'), textAt(status, 'reason')];
  const why = message === '' ? reason : message;
  const code = Math.max(400, numberAt(status, 'code') ?? 0);
  const details = objectAt(status, 'details');
  return new ApiError(
    'Unknown',
    why === '' ? `${denied} without explanation` : `${denied}: ${why}`,
    // What a webhook says of details is passed on as it is.
    details,
    { httpCode: code, reason },
  );
}

/** The refusal of a dry run that a webhook could not keep dry. */
export function createDryRunRefusal(name: string): ApiError {
  return createBadRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
}
