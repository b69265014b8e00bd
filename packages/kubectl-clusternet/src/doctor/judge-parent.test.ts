import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { ApiError } from '@clusternet/client';
import type { ApiErrorCode } from '@clusternet/client';
import { describe, expect, it } from 'vitest';
import type { Attempt } from './attempt.ts';
import { judgeKubectl, readKubectlVersion } from './judge-kubectl.ts';
import {
  judgeApiService,
  judgeHub,
  judgeKinds,
  judgeParent,
  judgeRequests,
  judgeRights,
} from './judge-parent.ts';

const found = <T>(value: T): Attempt<T> => ({ kind: 'found', value });
const failed = (code: ApiErrorCode, message = 'why'): Attempt<never> => ({
  kind: 'failed',
  error: new ApiError(code, message),
});

describe('judgeParent', () => {
  it.each([
    { given: found('v1.36.0'), level: 'ok', says: 'https://p answers, Kubernetes v1.36.0' },
    { given: failed('UNAUTHORIZED'), level: 'fail', says: 'does not take your login', mend: 'log in anew' },
    { given: failed('UNTRUSTED_CERTIFICATE'), level: 'fail', mend: '--certificate-authority=FILE' },
    { given: failed('UNREACHABLE', 'https://p cannot be reached'), level: 'fail', mend: '--context' },
  ])('$level: $given', ({ given, level, says = '', mend }) => {
    const finding = judgeParent('https://p', given);
    expect(finding.level).toBe(level);
    expect(finding.says).toContain(says);
    if (mend !== undefined) expect(finding.mend).toContain(mend);
  });
});

describe('judgeKinds', () => {
  it('says what is not installed', () => {
    expect(judgeKinds(found([]))).toMatchObject({ level: 'ok' });
    expect(judgeKinds(found(['a/v1']))).toMatchObject({
      level: 'fail',
      says: 'the parent does not serve a/v1',
      mend: 'kubectl apply -f deploy/hub',
    });
    expect(judgeKinds(failed('FORBIDDEN'))).toMatchObject({ level: 'skip' });
  });
});

describe('judgeApiService', () => {
  const service = (served: Attempt<readonly string[]>, object: object = {}) =>
    judgeApiService({ name: 'v1.x', purpose: 'x', served, object: found(object as never) });
  const down = { status: { conditions: [{ type: 'Available', status: 'False', message: 'no endpoints' }] } };

  it.each([
    { why: 'it serves', given: service(found(['a'])), level: 'ok' },
    {
      why: 'it is not verified',
      given: service(found(['a']), { spec: { insecureSkipTLSVerify: true } }),
      level: 'warn',
      mend: 'insecureSkipTLSVerify"}]',
    },
    { why: 'it serves nothing', given: service(found([])), level: 'fail', mend: 'feature-gates' },
    { why: 'it is not there', given: service(failed('NOT_FOUND')), level: 'fail', mend: 'apiservices.yaml' },
    { why: 'it is down', given: service(failed('UNAVAILABLE'), down), level: 'fail', says: 'no endpoints' },
    { why: 'it may not be looked at', given: service(failed('FORBIDDEN')), level: 'skip' },
  ])('$level where $why', ({ given, level, mend = '', says = '' }) => {
    expect(given.level).toBe(level);
    expect(given.mend ?? '').toContain(mend);
    expect(given.says).toContain(says);
  });
});

describe('judgeHub', () => {
  const deployment = (replicas: number, availableReplicas: number) =>
    found({ spec: { replicas }, status: { availableReplicas } });

  it.each([
    { why: 'all replicas', given: judgeHub(deployment(2, 2), found(0)), want: 'ok' },
    { why: 'some replicas', given: judgeHub(deployment(2, 1), found(0)), want: 'warn' },
    { why: 'no replica', given: judgeHub(deployment(2, 0), found(0)), want: 'fail' },
    { why: 'elsewhere', given: judgeHub(failed('NOT_FOUND'), found(1)), want: 'ok' },
    { why: 'nowhere', given: judgeHub(failed('NOT_FOUND'), found(0)), want: 'warn' },
    { why: 'unseen', given: judgeHub(failed('FORBIDDEN'), found(0)), want: 'skip' },
  ])('$want: $why', ({ given, want }) => {
    expect(given.level).toBe(want);
  });
});

describe('judgeRights', () => {
  const right = (purpose: string, isAllowed: boolean) => ({
    purpose,
    isAllowed,
    mend: (to: string) => `give ${to}`,
  });

  it('says who lacks what, and how it is given', () => {
    expect(judgeRights('jane', found([right('look', true), right('leap', true)]))).toMatchObject([
      { level: 'ok', says: 'jane may look, leap' },
    ]);
    expect(judgeRights("o'neil", found([right('look', true), right('leap', false)]))).toEqual([
      { check: 'rights', level: 'warn', says: "o'neil may not leap", mend: `give --user='o'\\''neil'` },
    ]);
    expect(judgeRights('', found([right('leap', false)]))).toMatchObject([{ mend: 'give --user=NAME' }]);
  });
});

describe('judgeRequests', () => {
  it('names who waits', () => {
    const request = (name: string, result?: string) =>
      ({
        metadata: { name },
        spec: { clusterName: 'east' },
        status: { result },
      }) as ClusterRegistrationRequest;
    expect(judgeRequests(found([request('a', 'Approved'), request('b')]), 'kc')).toEqual([
      { check: 'requests', level: 'warn', says: 'cluster east waits to be let in', mend: 'kc accept b' },
    ]);
  });
});

describe('judgeKubectl', () => {
  it.each([
    ['v1.36.3', 'v1.36.0', 'ok'],
    ['v1.35.0', 'v1.36.0+k3s1', 'ok'],
    ['v1.23.1', 'v1.36.0', 'warn'],
    ['', 'v1.36.0', 'warn'],
    ['v1.23.1', '', 'ok'],
  ])('%s with a parent of %s', (own, parent, want) => {
    expect(judgeKubectl(own, parent).level).toBe(want);
  });

  it('reads what kubectl prints', () => {
    expect(readKubectlVersion('{"clientVersion":{"gitVersion":"v1.36.3"}}')).toBe('v1.36.3');
    expect(readKubectlVersion('Client Version: ...')).toBe('');
  });
});
