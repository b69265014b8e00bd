import { become, fromSource, run } from './run.mjs';

if (process.argv.includes('--real')) {
  const assets = await become(process.execPath, [
    ...fromSource,
    'e2e/assets/provide.ts',
    '--require',
    '--quiet',
  ]);
  if (assets !== 0) process.exit(assets);
}
process.stderr.write('clusternet: building hub and agent\n');
const build = await run(
  'nx',
  ['run-many', '--targets=build', '--projects=app-hub,app-agent', '--outputStyle=static'],
  {
    quiet: true,
  },
);
if (build.code === 0) {
  await become(process.execPath, [...fromSource, 'e2e/demo/main.ts', ...process.argv.slice(2)]);
} else {
  process.stderr.write(build.output);
  process.exitCode = build.code;
}
