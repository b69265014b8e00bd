// The demo: npm run demo
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '@clusternet/runtime';
import { applyToParent, exampleApplication } from '../harness/application.ts';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { DEMO_HELP, parseDemoOptions } from './options.ts';
import type { DemoOptions } from './options.ts';
import { formatReport, gatherReport } from './report.ts';
import type { ClusterReport } from './report.ts';

const startMs = Date.now();
const seconds = (): number => Math.round((Date.now() - startMs) / 100) / 10;
const say = (text: string): void => {
  process.stderr.write(`[${seconds().toFixed(1).padStart(5)} s] ${text}\n`);
};

const CHILDREN = [
  { name: 'child-push', syncMode: 'Push', isAppPusherEnabled: true, labels: { env: 'demo' } },
  {
    name: 'child-pull',
    syncMode: 'Pull',
    isAppPusherEnabled: false,
    labels: { env: 'demo' },
    registersWith: 'serviceaccount',
  },
] as const;

async function deliver(fleet: Fleet): Promise<ClusterReport[]> {
  const [first] = fleet.children;
  say('applying examples/applications: a Subscription, a Globalization and a Localization');
  await applyToParent(fleet.parent.client, exampleApplication(first?.namespace ?? ''));
  let last = '';
  return eventually(
    'the application to run on both clusters',
    async () => {
      const reports = await gatherReport(fleet);
      const waiting = reports.flatMap(({ name, objects }) =>
        objects.filter(({ ready }) => !ready).map((object) => `${object.kind} ${object.name} on ${name}`),
      );
      const text = waiting.join(', ');
      if (text !== last && text !== '') say(`waiting for ${text}`);
      last = text;
      return reports.every(({ ready }) => ready) && waiting.length === 0 ? reports : undefined;
    },
    { timeoutMs: 60_000, intervalMs: 200 },
  );
}

async function keep(fleet: Fleet): Promise<void> {
  say('everything keeps running; press Ctrl-C to stop');
  for (const plane of [fleet.parent, ...fleet.children.map((child) => child.plane)]) {
    const path = join(fleet.folder, `${plane.name}.admin.kubeconfig`);
    writeFileSync(path, plane.kubeconfig, { mode: 0o600 });
    say(`  kubectl --kubeconfig ${path} get all -A`);
  }
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

async function run({ isReal, isKept, report }: DemoOptions): Promise<void> {
  await using fleet = await startFleet({
    on: isReal ? 'real' : 'embedded',
    children: CHILDREN,
    onProgress: say,
  });
  const clusters = await deliver(fleet);
  const took = seconds();
  say('the application runs on both clusters, with the replicas that their overrides ask for:');
  process.stderr.write(`\n${formatReport(clusters)}\n\n`);
  if (isKept) await keep(fleet);
  say('stopping');
  if (report === 'json') process.stdout.write(`${JSON.stringify({ ok: true, seconds: took, clusters })}\n`);
}

try {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(DEMO_HELP);
  else await run(options);
} catch (error) {
  process.stderr.write(`demo: ${errorText(error)}\n`);
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
