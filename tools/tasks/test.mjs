// Everything: static checks, unit tests, the published form of the packages, and the journeys on embedded and real
// control planes. The last line is `N passed, N failed`; each static check counts as one.
//
// Journeys mostly wait and checks mostly compute, so they run beside each other, in lanes.
import { goTunnelPeers } from './go-tunnel-peers.mjs';
import { createLane } from './lane.mjs';
import { recordRbac } from './rbac-record.mjs';
import { fromSource, run } from './run.mjs';

const isRealRequired = process.env.CLUSTERNET_REQUIRE_REAL === '1';
const totals = { passed: 0, failed: 0 };
const startMs = Date.now();
const lane = (name) => createLane(name, totals, startMs);
const nx = (...targets) => ['run-many', `--targets=${targets.join(',')}`, '--outputStyle=static'];
const journeys = ['--config', 'e2e/vitest.config.ts'];

/** What the other lanes start from: the programs as built, and the real ones. */
const first = lane('build');
await first.check('build', 'nx', nx('typecheck', 'build'));
first.print(`== real programs (${Math.round((Date.now() - startMs) / 1000)} s)`);
const assets = await run(process.execPath, [...fromSource, 'e2e/assets/provide.ts', '--require']);
const isReal = assets.code === 0;
if (!isReal && isRealRequired) totals.failed += 1;
const peers = goTunnelPeers(assets.output);

async function runChecks({ check, suite }) {
  await suite('unit, integration and interop', [], peers);
  await check('format', 'prettier', ['--check', '.', '--log-level=warn']);
  await check('types', 'tsc', ['-p', 'tsconfig.json']);
  await check('lint', 'eslint', ['.']);
  await check('unused code', 'knip', ['--no-progress']);
  await check('generated files', process.execPath, [...fromSource, 'tools/tasks/generate.mjs', '--check']);
  await check('packages as published', 'nx', nx('publish-check'));
  await check('the SDK as packed', process.execPath, [...fromSource, 'e2e/sdk-smoke/main.ts']);
  await check('release dry run', process.execPath, ['tools/release-dry-run.mjs']);
}

const runJourneys = (on) =>
  lane(on).suite(`journeys on ${on} control planes`, journeys, {
    ...(on === 'real' ? recordRbac(true) : {}),
    CLUSTERNET_E2E_ON: on,
  });

await Promise.all([runChecks(lane('checks')), runJourneys('embedded'), isReal && runJourneys('real')]);

if (peers === undefined) first.print('*** NOT RUN: the tunnel against Go peers. It needs Go, see above. ***');
if (!isReal)
  first.print('*** NOT RUN: the journeys on a real Kubernetes. Its programs are missing, see above. ***');
first.print(`== done (${Math.round((Date.now() - startMs) / 1000)} s)`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed > 0 ? 1 : 0;
