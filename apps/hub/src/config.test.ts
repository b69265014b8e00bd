import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ParsedFlags } from '@clusternet/host';
import { createCa, issueCertificate } from '@clusternet/pki';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configureHub, rolesOfProgram } from './config.ts';
import { createHubFlags } from './flags.ts';

function flags(given: Record<string, string> = {}): ParsedFlags {
  const table = createHubFlags('clusternet-hub');
  const defaults = Object.entries(table).map(([name, { default: value }]): [string, string] => [name, value]);
  const values = new Map([...defaults, ...Object.entries(given)]);
  return { values, ignored: [], isHelp: false, version: undefined, errors: [] };
}

const errorsOf = (given: Record<string, string>): readonly string[] => configureHub(flags(given), {}).errors;

describe('rolesOfProgram', () => {
  it.each([
    ['clusternet-controller-manager', 'controllers'],
    ['clusternet-scheduler', 'scheduler'],
    ['clusternet-hub', 'all'],
  ])('%s plays %s', (program, want) => {
    expect(rolesOfProgram(program)).toBe(want);
  });
});

describe('configureHub', () => {
  let folder: string;
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'clusternet-config-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('fills in the defaults', () => {
    const { config, errors } = configureHub(flags(), {});
    expect(errors).toEqual([]);
    expect(config).toMatchObject({
      port: 443,
      health: { host: '127.0.0.1', port: 10660 },
      systemNamespace: 'clusternet-system',
      reservedNamespace: 'clusternet-reserved',
      tls: undefined,
      isLeaderElected: true,
    });
    expect(config?.peers).toMatchObject({ host: '0.0.0.0', port: 8123 });
    expect(configureHub(flags({ 'leader-elect': 'false' }), {}).config?.peers).toBeUndefined();
    expect([...config!.roles]).toEqual(['apiserver', 'controllers', 'scheduler']);
    expect(configureHub(flags({ 'health-port': '-1' }), {}).config?.health).toBeUndefined();
  });

  it('takes an address of hubs themselves, with what vouches for it', async () => {
    const { certPem } = await createCa({ commonName: 'ca' });
    const read = (given: Record<string, string>) => configureHub(flags(given), {}).config?.hubAddress;
    const url = 'https://hub.example:8443';
    expect(read({})).toBeUndefined();
    expect(read({ 'hub-address': url })).toEqual({ url, caPem: undefined });
    const path = file('hub-ca.pem', certPem);
    expect(read({ 'hub-address': url, 'hub-address-ca-file': path })).toEqual({ url, caPem: certPem });
  });

  it.each<[Record<string, string>, string]>([
    [{ 'hub-address': 'http://hub' }, '--hub-address takes https://host[:port][/prefix], not "http://hub"'],
    [{ 'hub-address': 'https://me:secret@hub' }, '--hub-address takes https://host[:port][/prefix], not "…"'],
    [{ 'hub-address': 'https://hub', roles: 'scheduler' }, 'it goes with the role apiserver'],
    [{ 'hub-address-ca-file': '/none' }, '--hub-address-ca-file goes with --hub-address, which is missing'],
    [{ 'hub-address': 'https://hub', 'hub-address-ca-file': '/none' }, '/none holds no PEM certificate'],
    [{ roles: 'apiserver,cook' }, '--roles takes all, apiserver, controllers and scheduler, not "cook"'],
    [{ roles: '' }, '--roles names no role'],
    [{ 'secure-port': '-1' }, '--secure-port takes 0 to 65535, not -1'],
    [{ 'peer-port': '-1' }, '--peer-port takes 0 to 65535, not -1'],
    [{ 'health-port': '65536' }, '--health-port takes -1 to 65535, not 65536'],
    [{ 'tls-cert-file': '/no/such/file' }, '--tls-cert-file: /no/such/file cannot be read'],
    [{ 'reserved-namespace': 'A' }, '--reserved-namespace takes a namespace, not "A"'],
    [{ 'leader-elect-lease-duration': '5s' }, '--leader-elect-lease-duration must be longer than'],
    [{ 'feature-gates': 'ShadowAPI=maybe' }, '--feature-gates ShadowAPI takes true or false, not "maybe"'],
  ])('%j: one sentence', (given, want) => {
    expect(errorsOf(given)).toEqual([expect.stringContaining(want)]);
  });

  it.each([
    [{ 'peer-advertise-address': '[fd00::1]', 'bind-address': '10.0.0.1' }, 'fd00::1'],
    [{ 'bind-address': '10.0.0.1' }, '10.0.0.1'],
  ])('advertises of %j the address %s', (given, want) => {
    expect(configureHub(flags(given), {}).config?.peers?.advertiseAddress).toBe(want);
  });

  it('reports every mistake together', () => {
    expect(
      errorsOf({ roles: 'cook', 'secure-port': '-1', 'reserved-namespace': '', 'health-port': 'x' }),
    ).toHaveLength(4);
  });

  it('looks into the certificate and its key', async () => {
    const ca = await createCa({ commonName: 'ca' });
    const issue = () => issueCertificate(ca, { commonName: 'hub', usage: 'server', dnsNames: ['hub'] });
    const [one, two] = [await issue(), await issue()];
    const cert = file('one.crt', one.certPem);
    const given = { 'tls-cert-file': cert, 'tls-private-key-file': file('one.key', one.keyPem) };
    expect(configureHub(flags(given), {}).config?.tls).toEqual({ certPem: one.certPem, keyPem: one.keyPem });
    const other = { ...given, 'tls-private-key-file': file('two.key', two.keyPem) };
    expect(errorsOf(other)).toEqual([expect.stringContaining('does not hold the key of the certificate')]);
    const garbage = { ...given, 'tls-cert-file': file('no.crt', 'hello') };
    expect(errorsOf(garbage)).toEqual([expect.stringContaining('take a PEM certificate and its key')]);
    expect(errorsOf({ 'tls-cert-file': cert })).toEqual([expect.stringContaining('give both or neither')]);
  });
});
