// Agents of the tunnel's benchmark, in a process of their own: what keeps the tunnel in the program, without the
// rest. argv: <hub as JSON> <file with the child's CA> <child's address> <how many> [v1] [websocket]. Says when all are connected, each time anew.
import { runAgentTunnel } from '@clusternet/agent';
import { createRequestServer } from '@clusternet/tunnel';
import { noMetrics, silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import { readFileSync } from 'node:fs';
import { reportResources } from './report-resources.ts';

reportResources();

const [hubText = '{}', caFile = '', childAddress = '', countText = '1', ...ways] = process.argv.slice(2);
const hub = JSON.parse(hubText) as { url: string; caPem: string };
const count = Number(countText);
const server = `https://${childAddress}`;
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await using requests = createRequestServer({
  connection: { server, caPem: readFileSync(caFile, 'utf8') },
  clock: systemClock,
  log: silentLogger,
});
let connected = 0;
const isConnected: boolean[] = [];
await Promise.all(
  Array.from({ length: count }, (_, index) =>
    runAgentTunnel(
      {
        parentUrl: hub.url,
        clusterId: `c-${index}`,
        childUrl: server,
        getCredential: () => ({ token: 'bench', caPem: hub.caPem }),
        clock: systemClock,
        random: systemRandom,
        log: silentLogger,
        metrics: noMetrics,
      },
      {
        requests,
        maxVersion: ways.includes('v1') ? 1 : 2,
        isWebSocketOnly: ways.includes('websocket'),
        onState: ({ kind }) => {
          if (kind === 'disconnected' && isConnected[index] === true) connected -= 1;
          const isNew = kind === 'connected' && isConnected[index] !== true;
          isConnected[index] = kind === 'connected';
          if (!isNew) return;
          connected += 1;
          if (connected === count) process.stdout.write('connected\n');
        },
      },
      stop.signal,
    ),
  ),
);
