import { become } from './run.mjs';

await become('nx', [
  'run-many',
  '--targets=typecheck,build',
  '--outputStyle=static',
  ...process.argv.slice(2),
]);
