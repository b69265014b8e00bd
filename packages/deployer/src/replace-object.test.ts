import { ApiError } from '@clusternet/client';
import { describe, expect, it } from 'vitest';
import { isImmutableError } from './replace-object.ts';

const refused = (message: string, code: 'FORBIDDEN' | 'INVALID' = 'INVALID') => new ApiError(code, message);

describe('isImmutableError', () => {
  it.each([
    'Deployment.apps "web" is invalid: spec.selector: Invalid value: {}: field is immutable',
    'Job.batch "once" is invalid: spec.template: Invalid value: {}: field is immutable',
    'ConfigMap "a" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    `StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden`,
    'StorageClass.storage.k8s.io "s" is invalid: provisioner: Forbidden: updates to provisioner are forbidden.',
    'RoleBinding.rbac.authorization.k8s.io "r" is invalid: roleRef: Invalid value: {}: cannot change roleRef',
    'Service "s" is invalid: spec.clusterIPs[0]: Invalid value: ["1"]: may not change once set',
    'Widget.example.com "w" is invalid: spec.size: Invalid value: 1: Value is immutable',
  ])('is true of %s', (message) => {
    expect(isImmutableError(refused(message))).toBe(true);
  });

  it.each([
    refused(
      'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ),
    refused('deployments.apps "web" is forbidden: User "x" cannot change immutable things', 'FORBIDDEN'),
    new Error('field is immutable'),
  ])('is not of anything else: %s', (error) => {
    expect(isImmutableError(error)).toBe(false);
  });
});
