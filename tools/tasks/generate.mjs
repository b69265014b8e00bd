// Writes (or with --check compares) every generated file.
import { fromSource, run } from './run.mjs';

let code = 0;
for (const script of ['tools/generate-crds.mjs', 'tools/generate-deploy.mjs']) {
  const result = await run(process.execPath, [...fromSource, script, ...process.argv.slice(2)]);
  code ||= result.code;
}
process.exitCode = code;
