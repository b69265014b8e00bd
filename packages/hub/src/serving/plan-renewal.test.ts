import { createCa, issueCertificate } from '@clusternet/pki';
import { beforeAll, describe, expect, it } from 'vitest';
import { planRenewal } from './plan-renewal.ts';
import type { ServingSecret } from './plan-renewal.ts';

const DAY_MS = 86_400_000;
const name = 'clusternet-hub.clusternet-system.svc';

describe('planRenewal', () => {
  let held: ServingSecret;
  let other: ServingSecret;
  const make = async (): Promise<ServingSecret> => {
    const ca = await createCa({ commonName: 'clusternet-hub' });
    return {
      ca,
      serving: await issueCertificate(ca, { commonName: name, dnsNames: [name], usage: 'server' }),
    };
  };
  beforeAll(async () => {
    [held, other] = await Promise.all([make(), make()]);
  });

  it.each([
    { why: 'keeps what is young', days: 200, names: [name], want: 'none' },
    { why: 'renews when a third of the year is left', days: 250, names: [name], want: 'serving' },
    { why: 'renews what has run out', days: 400, names: [name], want: 'serving' },
    { why: 'renews what is not good for a name', days: 0, names: [name, 'other.svc'], want: 'serving' },
    { why: 'renews the authority in time', days: 2500, names: [name], want: 'all' },
  ])('$why', ({ days, names, want }) => {
    expect(planRenewal(held, names, Date.now() + days * DAY_MS)).toBe(want);
  });

  it('renews what another authority issued', () => {
    expect(planRenewal({ ca: held.ca, serving: other.serving }, [name], Date.now())).toBe('serving');
  });
});
