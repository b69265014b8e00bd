import { become, fromSource, run } from './run.mjs';

const build = await run(
  'nx',
  ['run-many', '--targets=build', '--projects=app-hub,app-agent,kubectl-clusternet', '--outputStyle=static'],
  {
    quiet: true,
  },
);
if (build.code === 0) {
  await become(process.execPath, [...fromSource, 'bench/src/main.ts', ...process.argv.slice(2)]);
} else {
  process.stderr.write(build.output);
  process.exitCode = build.code;
}
