import { describe, expect, it } from 'vitest';
import { createDryRunRefusal } from './admission-review.ts';
import { parseWebhooks } from './parse-webhooks.ts';
import { validateWebhooks } from './validate-webhooks.ts';

const configuration = (webhook: Readonly<Record<string, unknown>>) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'test' },
  webhooks: [
    {
      name: 'a.example.com',
      clientConfig: { url: 'https://127.0.0.1/' },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      ...webhook,
    },
  ],
});

describe('validateWebhooks', () => {
  it('takes what is right', () => {
    expect(validateWebhooks(configuration({}))).toEqual([]);
  });

  it('refuses match conditions, rather than to ask less than was meant', () => {
    const matchConditions = [{ name: 'x', expression: 'true' }];
    expect(validateWebhooks(configuration({ matchConditions }))).toEqual([
      {
        reason: 'FieldValueForbidden',
        field: 'webhooks[0].matchConditions',
        message:
          'Forbidden: this control plane does not evaluate CEL, so it takes no webhook with match conditions',
      },
    ]);
  });

  it('refuses selectors that could not be matched later', () => {
    const objectSelector = { matchLabels: { 'a b': 'c' } };
    expect(validateWebhooks(configuration({ objectSelector }))).toMatchObject([
      { reason: 'FieldValueInvalid', field: 'webhooks[0].objectSelector' },
    ]);
  });
});

describe('parseWebhooks', () => {
  it.each([
    ['None', true],
    ['NoneOnDryRun', true],
    ['Some', false],
    ['Unknown', false],
  ])('side effects %s may be tried: %s', (sideEffects, want) => {
    expect(parseWebhooks(configuration({ sideEffects }))[0]?.allowsDryRun).toBe(want);
    expect(createDryRunRefusal('a.example.com').message).toBe(
      'admission webhook "a.example.com" does not support dry run',
    );
  });
});
