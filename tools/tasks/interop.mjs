// Runs ours against peers of other people: npm run interop -- [NAME...]
import { parseArgs } from 'node:util';
import { countTests } from './count-tests.mjs';
import { goTunnelPeers } from './go-tunnel-peers.mjs';
import { fromSource, run } from './run.mjs';

/** What there is, and what vitest knows it by. */
const subjects = { tunnel: 'tunnel' };

const { positionals } = parseArgs({ allowPositionals: true });
const names = positionals.length > 0 ? positionals : Object.keys(subjects);
const unknown = names.find((name) => !Object.hasOwn(subjects, name));
if (unknown !== undefined) {
  process.stderr.write(`interop: no subject "${unknown}"; there is ${Object.keys(subjects).join(', ')}\n`);
  process.exit(2);
}
const assets = await run(process.execPath, [...fromSource, 'e2e/assets/provide.ts'], { quiet: true });
const peers = goTunnelPeers(assets.output);
if (peers === undefined) {
  process.stderr.write(
    `${assets.output}\ninterop: the Go peers are missing, see above; install Go 1.26 or newer\n`,
  );
  process.exit(1);
}
const filters = names.map((name) => `e2e/interop/${subjects[name]}/`);
const { passed, failed, code } = await countTests(['--project', 'interop', ...filters], peers);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || code !== 0 ? 1 : 0;
