import { become } from './run.mjs';

await become('prettier', ['--write', '.', '--log-level=warn', ...process.argv.slice(2)]);
