import { become } from './run.mjs';

await become('eslint', ['.', ...process.argv.slice(2)]);
