// Sends random input to what must stand it: npm run fuzz -- NAME [ARG...]
import { become, fromSource } from './run.mjs';

/** What there is, and the program that does it. */
const subjects = {
  apiserver: 'e2e/fuzz/apiserver/main.ts',
};

const [name = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(subjects, name)) {
  process.stderr.write(`fuzz: no subject "${name}"; there is ${Object.keys(subjects).join(', ')}\n`);
  process.exit(2);
}
await become(process.execPath, ['--expose-gc', ...fromSource, subjects[name], ...args]);
