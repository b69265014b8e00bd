import type { AdmissionRequest } from '@clusternet/apiserver';
import { describe, expect, it } from 'vitest';
import { isExempt, matchesNamespace, planInvocation } from './match-webhook.ts';
import { parseWebhooks } from './parse-webhooks.ts';
import type { Webhook } from './parse-webhooks.ts';

const DEPLOYMENTS = {
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  singular: 'deployment',
  kind: 'Deployment',
  listKind: 'DeploymentList',
  namespaced: true,
};

function webhook(
  rule: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): Webhook {
  const [parsed] = parseWebhooks({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'test' },
    webhooks: [
      {
        name: 'a.example.com',
        rules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], ...rule }],
        ...more,
      },
    ],
  });
  if (parsed === undefined) throw new Error('no webhook');
  return parsed;
}

function request(more: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    operation: 'UPDATE',
    resource: DEPLOYMENTS,
    subresource: '',
    kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
    namespace: 'default',
    name: 'web',
    object: undefined,
    live: undefined,
    context: {
      user: { name: 'jane', groups: [], extra: new Map() },
      dryRun: false,
      fieldManager: '',
      fieldValidation: 'Ignore',
      warn: () => undefined,
    },
    options: undefined,
    ...more,
  };
}

describe('planInvocation', () => {
  const older = { ...DEPLOYMENTS, group: 'extensions', version: 'v1beta1' };
  const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

  it.each([
    {
      why: 'the version asked for comes before its equivalents',
      given: webhook({}),
      want: { group: 'apps', version: 'v1', kind: 'Deployment' },
    },
    {
      why: 'an equivalent is told in its own kind',
      given: webhook({ apiGroups: ['extensions'] }),
      want: { group: 'extensions', version: 'v1beta1', kind: 'Deployment' },
    },
    {
      why: 'an exact match has none',
      given: webhook({ apiGroups: ['extensions'] }, { matchPolicy: 'Exact' }),
      want: undefined,
    },
    {
      why: 'the kind of a subresource is the same in all versions',
      given: webhook({ apiGroups: ['extensions'], resources: ['deployments/scale'] }),
      to: request({ subresource: 'scale', kind: scale }),
      want: scale,
    },
    {
      why: '* alone is no subresource',
      given: webhook({}),
      to: request({ subresource: 'scale', kind: scale }),
      want: undefined,
    },
    {
      why: '*/* is all',
      given: webhook({ resources: ['*/*'] }),
      to: request({ subresource: 'scale', kind: scale }),
      want: scale,
    },
  ])('$why', ({ given, to = request(), want }) => {
    expect(planInvocation(given, to, () => [older])?.kind).toEqual(want);
  });
});

describe('matchesNamespace', () => {
  it('takes what is in no namespace, whatever is selected', async () => {
    const selecting = webhook({}, { namespaceSelector: { matchLabels: { a: 'b' } } });
    const outside = request({
      namespace: '',
      resource: { ...DEPLOYMENTS, resource: 'nodes', namespaced: false },
    });
    await expect(
      matchesNamespace(selecting, outside, () => Promise.reject(new Error('asked'))),
    ).resolves.toBe(true);
  });
});

describe('isExempt', () => {
  it.each([
    ['ValidatingWebhookConfiguration', true],
    ['MutatingAdmissionPolicyBinding', true],
    ['Deployment', false],
  ])('%s: %s', (kind, want) => {
    expect(isExempt(request({ kind: { group: 'admissionregistration.k8s.io', version: 'v1', kind } }))).toBe(
      want,
    );
  });
});
