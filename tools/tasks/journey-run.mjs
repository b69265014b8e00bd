import { countTests } from './count-tests.mjs';
import { fromSource, run } from './run.mjs';

const KINDS = ['embedded', 'real'];

/**
 * Reads which control planes a command is to use.
 * @param {string} command - for the complaint
 * @param {string | undefined} on - the value of `--on`; embedded unless told
 */
export function readPlaneKind(command, on = 'embedded') {
  if (KINDS.includes(on)) return on;
  process.stderr.write(`${command}: --on takes ${KINDS.join(' or ')}, not "${on}"\n`);
  return process.exit(2);
}

/**
 * Makes sure that real programs are there; ends the process when one cannot be had.
 * @param {readonly string[]} names - of the catalog; all of them when none is named
 */
export async function requirePrograms(names = []) {
  const only = names.flatMap((name) => ['--only', name]);
  const assets = await run(process.execPath, [...fromSource, 'e2e/assets/provide.ts', '--require', ...only]);
  if (assets.code !== 0) process.exit(assets.code);
}

/**
 * Runs files of `e2e/` on one kind of control plane. The last line is `N passed, N failed`.
 * @param {'embedded' | 'real'} on
 * @param {readonly string[]} filters - parts of paths, as vitest takes them
 */
export async function runJourneys(on, filters, env = {}) {
  const { passed, failed, code } = await countTests(['--config', 'e2e/vitest.config.ts', ...filters], {
    ...env,
    CLUSTERNET_E2E_ON: on,
  });
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || code !== 0 ? 1 : 0;
}
