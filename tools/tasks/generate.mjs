// Writes (or with --check compares) every generated file.
import { become, fromSource } from './run.mjs';

await become(process.execPath, [...fromSource, 'tools/generate-crds.mjs', ...process.argv.slice(2)]);
