import type { Lease } from '@clusternet/controller-kit';
import { describe, expect, it } from 'vitest';
import { planDirectory } from './plan-directory.ts';
import { PEER_LEASE_PREFIX, formatPeerRecord, parsePeerRecord, peerUrl } from './peer-record.ts';

const NOW = Date.parse('2026-01-01T00:10:00Z');

/** A Lease of a Go hub that was renewed a second ago. */
function lease(id: string, spec: Lease['spec'] = {}, member: Record<string, unknown> = {}): Lease {
  const holder = { identity: `host_${id}`, id, host: '10.0.0.1', port: 8123, token: 'Cheugy', ...member };
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace: 'clusternet-system', name: PEER_LEASE_PREFIX + id },
    spec: {
      holderIdentity: JSON.stringify(holder),
      leaseDurationSeconds: 15,
      renewTime: '2026-01-01T00:09:59.000000Z',
      ...spec,
    },
  };
}

const OURS = { token: undefined, clusternet: { versions: [2] } };
const EXPIRED = { renewTime: '2026-01-01T00:09:44.000000Z' };

describe('planDirectory', () => {
  it.each<{
    why: string;
    given: Lease[];
    unchangedMs?: number;
    wantPeers: string[];
    wantGo?: boolean;
    wantDead?: string[];
  }>([
    { why: 'a Go hub', given: [lease('aaaaa')], wantPeers: ['aaaaa go'], wantGo: true },
    { why: 'one of ours', given: [lease('bbbbb', {}, OURS)], wantPeers: ['bbbbb own'] },
    {
      why: 'both, in the order of their ids',
      given: [lease('ccccc'), lease('bbbbb', {}, OURS)],
      wantPeers: ['bbbbb own', 'ccccc go'],
      wantGo: true,
    },
    { why: 'this hub itself is no peer', given: [lease('zzzzz')], wantPeers: [] },
    {
      why: 'Leases of other names are no peers',
      given: [{ ...lease('aaaaa'), metadata: { name: 'clusternet-scheduler' } }],
      wantPeers: [],
    },
    {
      why: 'B S-29: a released Lease is no peer from that moment on',
      given: [lease('aaaaa', { holderIdentity: '' })],
      wantPeers: [],
    },
    {
      why: 'B S-29: a Lease without a holder yet is no peer with an empty host',
      given: [lease('aaaaa', { holderIdentity: undefined as never }), lease('bbbbb', {}, { host: '' })],
      wantPeers: [],
    },
    {
      why: 'a holder of some other program',
      given: [
        lease('aaaaa', { holderIdentity: 'me' }),
        lease('bbbbb', { holderIdentity: '[1]' }),
        lease('ccccc', { holderIdentity: 'null' }),
      ],
      wantPeers: [],
    },
    {
      why: 'a holder with the id of another Lease, or one that changes what a URL means',
      given: [lease('aaaaa', {}, { id: 'bbbbb' }), lease('ccccc', {}, { host: '10.0.0.1/x?' })],
      wantPeers: [],
    },
    {
      why: 'a later version of ours that speaks more',
      given: [lease('bbbbb', {}, { clusternet: { versions: [2, 3], more: {} } })],
      wantPeers: ['bbbbb own'],
    },
    {
      why: 'expired by its own times, but it changed under our eyes: clocks differ',
      given: [lease('aaaaa', EXPIRED)],
      unchangedMs: 5000,
      wantPeers: ['aaaaa go'],
      wantGo: true,
      wantDead: [],
    },
    {
      why: 'not renewed for its duration: not dialled, asks for no token, and dead once its time is over too',
      given: [lease('aaaaa', EXPIRED)],
      unchangedMs: 15_000,
      wantPeers: ['aaaaa go stale'],
      wantDead: ['aaaaa'],
    },
    {
      why: 'not renewed as far as we see, but its time is not over: no reason to delete it',
      given: [lease('aaaaa')],
      unchangedMs: 20_000,
      wantPeers: ['aaaaa go stale'],
      wantDead: [],
    },
    {
      why: 'a Lease without times is dead when nobody touches it, and not before',
      given: [lease('aaaaa', { holderIdentity: '', renewTime: undefined as never })],
      unchangedMs: 15_000,
      wantPeers: [],
      wantDead: ['aaaaa'],
    },
    {
      why: 'never our own, whatever its times say',
      given: [lease('zzzzz', EXPIRED)],
      unchangedMs: 60_000,
      wantPeers: [],
      wantDead: [],
    },
  ])('$why', ({ given, unchangedMs = 1000, wantPeers, wantGo = false, wantDead = [] }) => {
    const plan = planDirectory(given, { ownId: 'zzzzz', nowMs: NOW, unchangedMs: () => unchangedMs });
    const peers = plan.peers.map(
      ({ id, isOwn, isFresh }) => `${id} ${isOwn ? 'own' : 'go'}${isFresh ? '' : ' stale'}`,
    );
    expect(peers).toEqual(wantPeers);
    expect(plan.hasGoPeers).toBe(wantGo);
    expect(plan.dead.map(({ metadata }) => metadata.name)).toEqual(
      wantDead.map((id) => PEER_LEASE_PREFIX + id),
    );
  });
});

describe('the record in a Lease', () => {
  it('is as Go writes it, empty members left out', () => {
    const record = { id: 'x2345', identity: 'h_1', host: '10.0.0.1', port: 8123, token: 't', versions: [] };
    const text = formatPeerRecord(record);
    expect(text).toBe('{"identity":"h_1","id":"x2345","host":"10.0.0.1","port":8123,"token":"t"}');
    expect(formatPeerRecord({ ...record, port: 0, token: '', versions: [2] })).toBe(
      '{"identity":"h_1","id":"x2345","host":"10.0.0.1","clusternet":{"versions":[2]}}',
    );
    expect(parsePeerRecord(lease('x2345', { holderIdentity: text }))).toEqual(record);
  });

  it.each([
    ['10.0.0.1', 8123, 'https://10.0.0.1:8123'],
    ['fd00::1', 8123, 'https://[fd00::1]:8123'],
    ['hub-0.hub', 0, 'https://hub-0.hub'],
  ])('B §1.11: %s and %i are dialled at %s', (host, port, want) => {
    expect(peerUrl({ host, port })).toBe(want);
  });
});
