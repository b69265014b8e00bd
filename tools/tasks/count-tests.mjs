import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.mjs';

/**
 * Runs vitest and counts what it ran. A run that ends badly without a failed test (an unhandled error, no
 * report) counts as one failure; a skipped test too, because nothing here may be skipped silently.
 */
export async function countTests(args, env = {}, write = undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-test-'));
  const report = join(folder, 'report.json');
  try {
    const { code } = await run(
      'vitest',
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args],
      {
        write,
        env: { ...env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
      },
    );
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
    const failed = numFailedTests + numPendingTests;
    return { passed: numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed, code };
  } catch (error) {
    process.stderr.write(`no test report: ${error.message}\n`);
    return { passed: 0, failed: 1, code: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
