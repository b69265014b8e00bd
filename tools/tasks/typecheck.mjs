import { become } from './run.mjs';

await become('tsc', ['-p', 'tsconfig.json', ...process.argv.slice(2)]);
