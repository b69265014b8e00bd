// Writes (or with --check compares) every generated file.
import { become, fromSource } from './run.mjs';

for (const script of ['tools/generate-crds.mjs', 'tools/generate-api-report.mjs']) {
  const code = await become(process.execPath, [...fromSource, script, ...process.argv.slice(2)]);
  if (code !== 0) break;
}
