// Everything: static checks, unit tests, the published form of the packages, and the journeys on embedded and real
// control planes. The last line is `N passed, N failed`; each static check counts as one.
import { countTests } from './count-tests.mjs';
import { goTunnelPeers } from './go-tunnel-peers.mjs';
import { fromSource, run } from './run.mjs';

const isRealRequired = process.env.CLUSTERNET_REQUIRE_REAL === '1';
let passed = 0;
let failed = 0;
const startMs = Date.now();

function heading(name) {
  process.stdout.write(`\n== ${name} (${Math.round((Date.now() - startMs) / 1000)} s)\n`);
}

async function check(name, command, args, env) {
  heading(name);
  const { code, output } = await run(command, args, { quiet: true, env });
  if (code === 0) {
    passed += 1;
    process.stdout.write('ok\n');
    return true;
  }
  failed += 1;
  process.stdout.write(`${output}\n${name} failed\n`);
  return false;
}

async function suite(name, args, env) {
  heading(name);
  const result = await countTests(args, env);
  passed += result.passed;
  failed += result.failed;
}

await check('format', 'prettier', ['--check', '.', '--log-level=warn']);
await check('types', 'tsc', ['-p', 'tsconfig.json']);
await check('lint', 'eslint', ['.']);
await check('unused code', 'knip', ['--no-progress']);
await check('generated files', process.execPath, [...fromSource, 'tools/tasks/generate.mjs', '--check']);
await check('build', 'nx', ['run-many', '--targets=typecheck,build', '--outputStyle=static']);
await check('packages as published', 'nx', ['run-many', '--targets=publish-check', '--outputStyle=static']);
await check('release dry run', process.execPath, ['tools/release-dry-run.mjs']);
heading('real programs');
const assets = await run(process.execPath, [...fromSource, 'e2e/assets/provide.ts', '--require']);
const isReal = assets.code === 0;
if (!isReal && isRealRequired) failed += 1;

const peers = goTunnelPeers(assets.output);
if (peers === undefined)
  process.stdout.write('\n*** NOT RUN: the tunnel against Go peers. It needs Go, see above. ***\n');
await suite('unit, integration and interop', [], peers);

const journeys = ['--config', 'e2e/vitest.config.ts'];
await suite('journeys on embedded control planes', journeys, { CLUSTERNET_E2E_ON: 'embedded' });
if (isReal) await suite('journeys on real control planes', journeys, { CLUSTERNET_E2E_ON: 'real' });
else
  process.stdout.write(
    '\n*** NOT RUN: the journeys on a real Kubernetes. Its programs are missing, see above. ***\n',
  );

heading('done');
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
