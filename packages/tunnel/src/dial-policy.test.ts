import { describe, expect, it } from 'vitest';
import { createDialPolicy, parseAddress } from './dial-policy.ts';

describe('parseAddress', () => {
  it.each([
    ['10.96.0.1:443', { host: '10.96.0.1', port: 443 }],
    ['[FD00::1]:6443', { host: 'fd00::1', port: 6443 }],
    ['Kubernetes.default:443', { host: 'kubernetes.default', port: 443 }],
    ['fd00::1:443', undefined],
    ['host', undefined],
    ['host:0', undefined],
    ['host:70000', undefined],
    ['host:https', undefined],
    ['a/b:1', undefined],
    [' a:1', undefined],
    ['', undefined],
  ])('reads %s', (given, want) => {
    expect(parseAddress(given)).toEqual(want);
  });
});

describe('createDialPolicy', () => {
  it.each([
    { allowed: ['10.96.0.1:443'], address: '10.96.0.1:443', want: true },
    { allowed: ['10.96.0.1:443'], address: '10.96.0.1:444', want: false },
    { allowed: ['10.96.0.1:443'], address: '10.96.0.10:443', want: false },
    { allowed: ['[fd00::1]:443'], address: '[FD00::1]:443', want: true },
    { allowed: ['*:443'], address: 'x:443', want: true },
    { allowed: ['x:*'], address: 'x:1', want: true },
    { allowed: ['x:*'], address: 'y:1', want: false },
    { allowed: [], address: 'x:1', want: false },
  ])('$allowed lets $address through: $want', ({ allowed, address, want }) => {
    const policy = createDialPolicy(() => allowed, 'agent');
    if (want) expect(policy('tcp', address).port).toBeGreaterThan(0);
    else expect(() => policy('tcp', address)).toThrow('not among');
    expect(() => policy('unix', address)).toThrow('not a tcp host:port');
  });
});
