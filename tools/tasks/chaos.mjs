// Kills parts of a fleet at random while it works: npm run chaos -- NAME [ARG...]
import { requirePrograms } from './journey-run.mjs';
import { become, fromSource, run } from './run.mjs';

/** What there is, and the program that does it. */
const subjects = { delivery: 'e2e/chaos/delivery/main.ts' };

const [name = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(subjects, name)) {
  process.stderr.write(`chaos: no subject "${name}"; there is ${Object.keys(subjects).join(', ')}\n`);
  process.exit(2);
}
if (args.includes('real')) await requirePrograms(['etcd', 'kube-apiserver', 'kube-controller-manager']);
const build = await run(
  'nx',
  ['run-many', '--targets=build', '--projects=app-hub,app-agent', '--outputStyle=static'],
  { quiet: true },
);
if (build.code === 0) await become(process.execPath, [...fromSource, subjects[name], ...args]);
else {
  process.stderr.write(build.output);
  process.exitCode = build.code;
}
