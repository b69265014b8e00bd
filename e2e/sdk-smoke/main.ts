// The SDK as others get it: npm run sdk-smoke [-- --node 22,24,26]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createFleet } from '@clusternet/client';
import { loadConnection } from '@clusternet/client/node-config';
import { errorText } from '@clusternet/runtime';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { writeSecretFile } from '../harness/secret-file.ts';
import { EXAMPLES, runExample } from './examples.ts';
import { provideNodes } from './nodes.ts';
import { createPerson } from './person.ts';
import { compileProject, installProject } from './project.ts';

/** Where everything has to be there, a missing network is a failure. */
const isRequired = process.env['CLUSTERNET_REQUIRE_REAL'] === '1';
const NO_NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT/;
const totals = { passed: 0, failed: 0 };

/** Does one thing and says how it went. @returns whether it went well */
async function step(title: string, work: () => Promise<unknown>, isNeeded = true): Promise<boolean> {
  const startMs = Date.now();
  try {
    await work();
    totals.passed += 1;
    console.log(`ok      ${title} (${((Date.now() - startMs) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    if (!isNeeded && NO_NETWORK.test(errorText(error))) {
      console.log('*** NOT RUN: the SDK as packed. npm cannot reach its registry. ***');
      return false;
    }
    totals.failed += 1;
    console.log(`FAILED  ${title}: ${errorText(error)}`);
    return false;
  }
}

/** Waits until clusters let the person in, and templates are served. */
async function waitUntilReady(fleet: Fleet, kubeconfig: string): Promise<void> {
  await using sdk = createFleet(await loadConnection({ kubeconfig, env: {} }));
  await eventually('the person to be let in everywhere', async () => {
    const { items, silent } = await sdk.across().kind('v1/Node').list();
    for (const { error } of silent) throw error;
    return items.length === fleet.children.length;
  });
  await eventually('templates to be served', async () => sdk.templates.kind('apps/v1/Deployment').list());
}

async function runAll(folder: string, majors: readonly string[]): Promise<void> {
  const isInstalled = await step(
    'packed, and installed in an empty project',
    () => installProject(folder),
    isRequired,
  );
  if (!isInstalled || !(await step('type-checked and compiled there', () => compileProject(folder)))) return;
  const nodes = await provideNodes(majors);
  await using fleet = await startFleet({
    on: 'embedded',
    children: [
      { name: 'one', syncMode: 'Pull', isAppPusherEnabled: false },
      { name: 'two', syncMode: 'Pull', isAppPusherEnabled: false },
    ],
  });
  const kubeconfig = writeSecretFile(folder, 'jane.kubeconfig', await createPerson(fleet));
  await waitUntilReady(fleet, kubeconfig);
  for (const node of nodes) {
    for (const example of EXAMPLES) {
      const run = { node, folder: join(folder, 'project'), kubeconfig, fleet };
      await step(`${example.name} on Node ${node.version}`, () => runExample(example, run));
    }
  }
}

const { values } = parseArgs({ options: { node: { type: 'string', default: '' } } });
const folder = mkdtempSync(join(tmpdir(), 'clusternet-sdk-smoke-'));
try {
  await runAll(folder, values.node.split(',').filter(Boolean));
} catch (error) {
  totals.failed += 1;
  console.log(`FAILED  ${errorText(error)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed > 0 ? 1 : 0;
