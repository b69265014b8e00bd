// Runs the journeys against embedded or real control planes: npm run e2e -- --on embedded|real [--only JOURNEY] [PART...]
import { globSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { readPlaneKind, requirePrograms, runJourneys } from './journey-run.mjs';
import { recordRbac } from './rbac-record.mjs';
import { run } from './run.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { on: { type: 'string' }, only: { type: 'string', multiple: true } },
});
const on = readPlaneKind('e2e', values.on);
const chosen = (values.only ?? []).flatMap((name) => {
  const files = findJourneys(name);
  if (files.length > 0) return files;
  process.stderr.write(`e2e: no journey is called "${name}"\n`);
  return process.exit(2);
});
if (on === 'real') await requirePrograms();
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
const filters = [...chosen, ...positionals];
await runJourneys(on, filters, on === 'real' ? recordRbac(filters.length === 0) : {});

/** The files of a journey: those whose name has `name` in it, and those of a folder of that name. */
function findJourneys(name) {
  return globSync('e2e/journeys/**/*.e2e.ts').filter((file) => {
    const folders = dirname(file).split(/[\\/]/).slice(2);
    return basename(file, '.e2e.ts').includes(name) || folders.includes(name);
  });
}
