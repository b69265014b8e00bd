import { countTests } from './count-tests.mjs';
import { run } from './run.mjs';

/**
 * Steps that run one after the other, beside those of other lanes. Each line a lane prints carries its name, so
 * that lanes can be told apart.
 *
 * @param {string} name
 * @param {{ passed: number, failed: number }} totals - counted into
 * @param {number} startMs - when everything began
 */
export function createLane(name, totals, startMs) {
  const print = (text) => {
    process.stdout.write(`${name.padEnd(8)} | ${text}\n`);
  };
  const seconds = () => Math.round((Date.now() - startMs) / 1000);
  return {
    /** A program that is right when it exits with 0; says what it printed when it does not. Counts as one. */
    async check(title, command, args, env) {
      print(`== ${title} (${seconds()} s)`);
      // Nothing in it waits for a clock, as tests do.
      const { code, output } = await run(command, args, { quiet: true, isPatient: true, env });
      if (code === 0) totals.passed += 1;
      else {
        totals.failed += 1;
        for (const line of output.split('\n')) print(line);
      }
      print(code === 0 ? `${title}: ok` : `${title}: failed`);
      return output;
    },
    /** A run of vitest; counts its tests. */
    async suite(title, args, env) {
      print(`== ${title} (${seconds()} s)`);
      const { passed, failed } = await countTests(args, env, eachLine(print));
      totals.passed += passed;
      totals.failed += failed;
      print(`${title}: ${passed} passed, ${failed} failed (${seconds()} s)`);
    },
    print,
  };
}

/** Cuts what streams deliver into lines. */
function eachLine(print) {
  const rest = new Map();
  return (text, source) => {
    const lines = `${rest.get(source) ?? ''}${text}`.split('\n');
    rest.set(source, lines.pop() ?? '');
    for (const line of lines) print(line);
  };
}
