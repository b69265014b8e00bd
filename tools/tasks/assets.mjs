import { become, fromSource } from './run.mjs';

await become(process.execPath, [...fromSource, 'e2e/assets/provide.ts', ...process.argv.slice(2)]);
