import { become, fromSource } from './run.mjs';

await become(process.execPath, [...fromSource, 'e2e/fuzz/main.ts', ...process.argv.slice(2)]);
