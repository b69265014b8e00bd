// Holds control planes to the API of Kubernetes and to clients that nobody here wrote:
// npm run conformance -- --on embedded|real [PART...]
import { parseArgs } from 'node:util';
import { readPlaneKind, requirePrograms, runJourneys } from './journey-run.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { on: { type: 'string' } } });
const on = readPlaneKind('conformance', values.on);
// The clients are real on either kind: without them the counts of the two kinds would differ.
const servers = on === 'real' ? ['kube-apiserver', 'kube-controller-manager', 'etcd'] : [];
await requirePrograms(['kubectl', 'helm', 'client-go-peer', ...servers]);
await runJourneys(
  on,
  positionals.length === 0 ? ['e2e/conformance/'] : positionals.map((part) => `e2e/conformance/${part}`),
);
