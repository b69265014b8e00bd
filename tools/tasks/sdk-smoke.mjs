// The SDK as others get it: packs the packages, installs them in an empty project, type-checks and runs the examples
// there: npm run sdk-smoke [-- --node 22,24,26]. The last line is `N passed, N failed`.
import { become, fromSource, run } from './run.mjs';

const nx = (targets, projects) =>
  run('nx', ['run-many', `--targets=${targets}`, `--projects=${projects}`, '--outputStyle=static'], {
    quiet: true,
  });
const builds = [await nx('typecheck,build', 'client,playground'), await nx('build', 'app-hub,app-agent')];
const build = builds.find(({ code }) => code !== 0);
if (build === undefined)
  await become(process.execPath, [...fromSource, 'e2e/sdk-smoke/main.ts', ...process.argv.slice(2)]);
else {
  process.stderr.write(build.output);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
}
