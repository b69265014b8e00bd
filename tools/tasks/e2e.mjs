// Runs the journeys against embedded or real control planes: npm run e2e -- --on embedded|real [NAME...]
import { parseArgs } from 'node:util';
import { countTests } from './count-tests.mjs';
import { fromSource, run } from './run.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { on: { type: 'string' } } });
const on = values.on ?? 'embedded';
if (!['embedded', 'real'].includes(on)) {
  process.stderr.write(`e2e: --on takes embedded or real, not "${on}"\n`);
  process.exit(2);
}
if (on === 'real') {
  const assets = await run(process.execPath, [...fromSource, 'e2e/assets/provide.ts', '--require']);
  if (assets.code !== 0) process.exit(assets.code);
}
const build = await run(
  'nx',
  ['run-many', '--targets=build', '--projects=app-hub,app-agent', '--outputStyle=static'],
  {
    quiet: true,
  },
);
if (build.code !== 0) {
  process.stderr.write(build.output);
  process.exit(build.code);
}
const { passed, failed, code } = await countTests(['--config', 'e2e/vitest.config.ts', ...positionals], {
  CLUSTERNET_E2E_ON: on,
});
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || code !== 0 ? 1 : 0;
