// The hub of the tunnel's benchmark, in a process of its own: the aggregated API as the program runs it, with
// everybody let in. argv: <file with the child's CA> <child's address> [tls [port]]. Prints its URL.
import { createCa, issueCertificate } from '@clusternet/pki';
import { createTunnelRegistry, runAggregatedApi } from '@clusternet/hub';
import { noMetrics, silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import { readFileSync } from 'node:fs';
import { reportResources } from './report-resources.ts';

reportResources();

const [caFile = '', childAddress = '', isTls, port = '0'] = process.argv.slice(2);
const ca = await createCa({ commonName: 'bench' });
const serving = await issueCertificate(ca, {
  commonName: 'hub',
  ipAddresses: ['127.0.0.1'],
  usage: 'server',
});
const caPem = readFileSync(caFile, 'utf8');
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const deps = { clock: systemClock, random: systemRandom, log: silentLogger, metrics: noMetrics };
await runAggregatedApi(
  {
    ...deps,
    auth: {
      authenticate: () =>
        Promise.resolve({ user: { name: 'bench', groups: [], extra: new Map() }, method: 'bearer' as const }),
      authorize: () => Promise.resolve({ decision: 'allow' as const }),
      isReady: () => true,
      run: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    },
    registry: createTunnelRegistry(deps),
    getTarget: () => ({
      apiserverUrl: `https://${childAddress}`,
      caPem,
      useSocket: true,
      namespace: 'bench',
    }),
    tls: isTls === 'tls' ? serving : 'none',
    version: { gitVersion: 'v0.0.0' },
    gatherMetrics: () => '',
  },
  {
    host: '127.0.0.1',
    port: Number(port),
    onListening: ({ url }) => process.stdout.write(`${JSON.stringify({ url, caPem: ca.certPem })}\n`),
  },
  stop.signal,
);
