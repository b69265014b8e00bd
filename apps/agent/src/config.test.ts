import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ParsedFlags } from '@clusternet/host';
import { createCa } from '@clusternet/pki';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configureAgent } from './config.ts';
import { agentFlags } from './flags.ts';

const TOKEN = '07401b.f395accd246ae52d';

function flags(given: Record<string, string> = {}): ParsedFlags {
  const defaults = Object.entries(agentFlags).map(([name, { default: value }]): [string, string] => [
    name,
    value,
  ]);
  const required = { 'cluster-reg-parent-url': 'https://10.0.0.1:6443', 'cluster-reg-token': TOKEN };
  const values = new Map([...defaults, ...Object.entries({ ...required, ...given })]);
  return { values, ignored: [], isHelp: false, version: undefined, errors: [] };
}

const errorsOf = (given: Record<string, string>): readonly string[] =>
  configureAgent(flags(given), {}, 'v1').errors;

describe('configureAgent', () => {
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

  it('finds the proxy to its parent in the usual variables', () => {
    const proxyOf = (env: Record<string, string>) =>
      configureAgent(flags({ 'cluster-reg-parent-url': 'https://parent.example:6443' }), env, 'v1');
    expect(proxyOf({ HTTPS_PROXY: 'http://proxy:3128' }).config?.options.parentProxy?.host).toBe(
      'proxy:3128',
    );
    expect(proxyOf({ HTTPS_PROXY: 'http://proxy', NO_PROXY: '.example' }).config?.options.parentProxy).toBe(
      undefined,
    );
    expect(proxyOf({ HTTPS_PROXY: 'ftp://user:hunter2@proxy' }).errors).toEqual([
      'HTTPS_PROXY is not the URL of a proxy: write http://, https:// or socks5:// and a host',
    ]);
  });

  it('reports a predictor where the feature gate asks for it', () => {
    const read = (given: Record<string, string>) =>
      configureAgent(flags({ 'predictor-addr': 'http://localhost:8080', ...given }), {}, 'v1');
    expect(read({}).config?.options.predictor).toBeUndefined();
    const gate = { 'feature-gates': 'Predictor=true' };
    expect(read(gate).config?.options.predictor).toEqual({ url: 'http://localhost:8080', isDirect: false });
    expect(read({ ...gate, 'predictor-direct-access': 'true' }).config?.options.predictor?.isDirect).toBe(
      true,
    );
    expect(read({ ...gate, 'predictor-addr': 'localhost:8080' }).errors).toEqual([
      '--predictor-addr takes http(s)://host[:port], not "localhost:8080"',
    ]);
  });

  it('fills in the defaults of the Go agent', () => {
    const { config, errors } = configureAgent(flags(), { CLUSTER_CIDR: '10.0.0.0/8' }, 'v1');
    expect(errors).toEqual([]);
    expect(config).toMatchObject({
      health: { host: '127.0.0.1', port: 10650 },
      options: {
        syncMode: 'Pull',
        clusterNamePrefix: 'clusternet-cluster',
        statusReportMs: 180_000,
        statusCollectMs: 20_000,
        labelThreshold: 0.8,
        labelPrefixes: ['node.clusternet.io/'],
        leaseName: 'clusternet-agent',
        systemNamespace: 'clusternet-system',
        isSocketEnabled: true,
        isAppPusherEnabled: false,
        isInsecure: false,
        parentCaPem: undefined,
        clusterCidr: '10.0.0.0/8',
      },
    });
  });

  it.each<[Record<string, string>, string]>([
    [
      { 'cluster-reg-parent-url': 'http://10.0.0.1' },
      '--cluster-reg-parent-url takes an https URL, not "http://10.0.0.1"',
    ],
    [{ 'cluster-reg-parent-url': '10.0.0.1:6443' }, '--cluster-reg-parent-url takes an https URL'],
    [{ 'cluster-reg-token': '' }, 'is required: the token to register with'],
    [{ 'cluster-reg-token': 'abc' }, '--cluster-reg-token is neither a bootstrap token'],
    [{ 'cluster-reg-token': `x${TOKEN}y` }, 'is neither a bootstrap token'],
    [{ 'cluster-reg-token-file': '/no/such/file' }, '--cluster-reg-token-file: /no/such/file cannot be read'],
    [
      { 'cluster-reg-parent-ca-file': '/no/such/file' },
      '--cluster-reg-parent-ca-file: /no/such/file cannot be read',
    ],
    [
      { 'cluster-reg-parent-ca-hash': 'sha256:abc' },
      '--cluster-reg-parent-ca-hash takes sha256: and 64 hex digits',
    ],
    [{ 'cluster-reg-name': 'a'.repeat(31) }, '--cluster-reg-name takes a DNS label of at most 30 characters'],
    [{ 'cluster-reg-name': 'My_Cluster' }, '--cluster-reg-name takes a DNS label'],
    [
      { 'cluster-reg-name-prefix': 'a'.repeat(25) },
      '--cluster-reg-name-prefix takes a DNS label of at most 24',
    ],
    [{ 'cluster-reg-namespace': 'a.b' }, '--cluster-reg-namespace takes a DNS label'],
    [{ 'cluster-labels': 'a b=c' }, '--cluster-labels: "a b" is not a label key'],
    [{ 'cluster-labels': 'a=b c' }, '--cluster-labels: "b c" is not a value for the label a'],
    [{ 'cluster-sync-mode': 'Push' }, 'needs --feature-gates=AppPusher=true'],
    [{ 'feature-gates': 'AppPushr=true' }, '--feature-gates has no gate "AppPushr"; did you mean AppPusher?'],
    [{ 'labels-aggregate-threshold': '1.5' }, '--labels-aggregate-threshold takes 0 to 1, not 1.5'],
    [
      { 'cluster-status-update-frequency': '10ms' },
      '--cluster-status-update-frequency takes at least 1s, not "10ms"',
    ],
    [{ 'cluster-status-collect-frequency': '0' }, '--cluster-status-collect-frequency takes at least 1s'],
    [{ 'leader-elect-renew-deadline': '15s' }, '--leader-elect-lease-duration must be longer than'],
    [
      { 'leader-elect-resource-namespace': '' },
      '--leader-elect-resource-namespace takes a namespace, not ""',
    ],
    [
      { 'leader-elect-resource-name': 'A' },
      '--leader-elect-resource-name takes the name of a Lease, not "A"',
    ],
    [{ 'secure-port': '70000' }, '--secure-port takes -1 to 65535, not 70000'],
    [{ 'kube-api-qps': '0' }, '--kube-api-qps takes a number above 0, not 0'],
    [{ 'tunnel-allow': '10.0.0.1' }, '--tunnel-allow takes host:port, not "10.0.0.1"'],
  ])('%j: one sentence', (given, want) => {
    expect(errorsOf(given)).toEqual([expect.stringContaining(want)]);
  });

  it('reports every mistake together', () => {
    const errors = errorsOf({
      'cluster-reg-parent-url': 'http://parent',
      'cluster-reg-token': '',
      'cluster-reg-name': 'A',
      'secure-port': '-2',
      'feature-gates': 'Nothing=true',
      'leader-elect-retry-period': '0',
    });
    expect(errors).toHaveLength(6);
  });

  it.each([
    ['cluster-reg-token', {}],
    ['cluster-reg-token-file', { 'cluster-reg-token': '' }],
  ])('does not print a token that is malformed (%s)', (flag, given) => {
    const secret = 'hunter2 hunter2';
    const value = flag.endsWith('file') ? file('token', secret) : secret;
    const errors = errorsOf({ ...given, [flag]: value });
    expect(errors).toHaveLength(1);
    expect(errors.join()).not.toContain('hunter2');
  });

  it('takes bootstrap and service-account tokens, from a file with a newline too', () => {
    const { config } = configureAgent(
      flags({ 'cluster-reg-token-file': file('good', `${TOKEN}\n`) }),
      {},
      'v1',
    );
    expect(config?.options.registrationToken).toBe(TOKEN);
    expect(errorsOf({ 'cluster-reg-token': 'eyJh.eyJp_c3M.c2ln-bg' })).toEqual([]);
    expect(errorsOf({ 'cluster-reg-token-file': file('empty', '\n') })).toEqual([
      expect.stringContaining('is empty'),
    ]);
  });

  it('looks into the CA file', async () => {
    const { certPem } = await createCa({ commonName: 'parent' });
    const good = configureAgent(flags({ 'cluster-reg-parent-ca-file': file('ca.crt', certPem) }), {}, 'v1');
    expect(good.config?.options.parentCaPem).toBe(certPem);
    expect(errorsOf({ 'cluster-reg-parent-ca-file': file('no.crt', 'hello') })).toEqual([
      expect.stringMatching(/^--cluster-reg-parent-ca-file: .*no\.crt holds no PEM certificate$/),
    ]);
  });
});
