import { createSelector } from '@clusternet/kube-data';
import type { JsonObject, KubeObject, Selector } from '@clusternet/kube-data';
import { numberAt, objectAt, objectsAt, textAt, textsAt } from '../built-in/fields.ts';

/** What a webhook wants to see. `*` stands for anything. */
export interface WebhookRule {
  readonly operations: readonly string[];
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  /** `pods`, `pods/exec`, `pods/*`, `*`, `*\/scale`, `*\/*`. */
  readonly resources: readonly string[];
  readonly scope: '*' | 'Cluster' | 'Namespaced';
}

/** Where a webhook listens. */
export type WebhookAddress =
  | {
      readonly kind: 'service';
      readonly namespace: string;
      readonly name: string;
      readonly port: number;
      readonly path: string;
    }
  | { readonly kind: 'url'; readonly url: string };

/** One webhook of a configuration, ready to be matched and called. */
export interface Webhook {
  /** Unlike its name, one of a kind. */
  readonly id: string;
  readonly name: string;
  readonly rules: readonly WebhookRule[];
  readonly namespaceSelector: Selector;
  readonly objectSelector: Selector;
  /** Whether it wants requests for other versions of what its rules name. */
  readonly matchesEquivalent: boolean;
  /** Whether requests pass when it cannot be asked. */
  readonly ignoresFailure: boolean;
  /** 1000 to 30000 */
  readonly timeoutMs: number;
  /** Whether it may be asked about what is only tried. */
  readonly allowsDryRun: boolean;
  /** Of `AdmissionReview`: the first that both sides know. */
  readonly reviewVersion: 'v1' | 'v1beta1' | undefined;
  readonly address: WebhookAddress;
  /** PEM; empty for the CAs of this machine. */
  readonly caPem: string;
  /** Mutating webhooks: whether it wants to see what others have changed after it. */
  readonly isReinvoked: boolean;
}

/** Reads the webhooks of a configuration that passed validation, in order. */
export function parseWebhooks(configuration: KubeObject): Webhook[] {
  return objectsAt(configuration, 'webhooks').map((webhook, index) => {
    const config = objectAt(webhook, 'clientConfig');
    const sideEffects = textAt(webhook, 'sideEffects');
    return {
      id: `${configuration.kind}/${configuration.metadata.name ?? ''}/${index}`,
      name: textAt(webhook, 'name'),
      rules: objectsAt(webhook, 'rules').map(parseRule),
      namespaceSelector: createSelector(objectAt(webhook, 'namespaceSelector') ?? {}),
      objectSelector: createSelector(objectAt(webhook, 'objectSelector') ?? {}),
      matchesEquivalent: textAt(webhook, 'matchPolicy') !== 'Exact',
      ignoresFailure: textAt(webhook, 'failurePolicy') === 'Ignore',
      timeoutMs: (numberAt(webhook, 'timeoutSeconds') ?? 10) * 1000,
      allowsDryRun: sideEffects === 'None' || sideEffects === 'NoneOnDryRun',
      reviewVersion: textsAt(webhook, 'admissionReviewVersions').find(isReviewVersion),
      address: parseAddress(config),
      caPem: Buffer.from(textAt(config, 'caBundle'), 'base64').toString('latin1'),
      isReinvoked: textAt(webhook, 'reinvocationPolicy') === 'IfNeeded',
    };
  });
}

function isReviewVersion(version: string): version is 'v1' | 'v1beta1' {
  return version === 'v1' || version === 'v1beta1';
}

function parseRule(rule: JsonObject): WebhookRule {
  const scope = textAt(rule, 'scope');
  return {
    operations: textsAt(rule, 'operations'),
    apiGroups: textsAt(rule, 'apiGroups'),
    apiVersions: textsAt(rule, 'apiVersions'),
    resources: textsAt(rule, 'resources'),
    scope: scope === 'Cluster' || scope === 'Namespaced' ? scope : '*',
  };
}

function parseAddress(config: JsonObject | undefined): WebhookAddress {
  const service = objectAt(config, 'service');
  if (service === undefined) return { kind: 'url', url: textAt(config, 'url') };
  return {
    kind: 'service',
    namespace: textAt(service, 'namespace'),
    name: textAt(service, 'name'),
    port: numberAt(service, 'port') ?? 443,
    path: textAt(service, 'path'),
  };
}
