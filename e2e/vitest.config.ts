import { defineConfig } from 'vitest/config';
import { findAbsentClients } from './conformance/absent-clients.ts';

/** Where real programs are required, a missing one is a failure, and the tests say so. */
const isRequired = process.env['CLUSTERNET_REQUIRE_REAL'] === '1';
const absent = isRequired ? [] : [...findAbsentClients()];
for (const [file, programs] of absent)
  process.stderr.write(
    `\n*** NOT RUN: conformance/${file}. It needs ${programs.join(' and ')}: npm run assets ***\n`,
  );

/** The journeys: one file each, two at a time, since each starts whole fleets and then mostly waits. */
export default defineConfig({
  // Not `import`: vitest hands these to Node, whose require() would then get modules made for import.
  resolve: { conditions: ['@clusternet/source', 'node'] },
  ssr: { resolve: { conditions: ['@clusternet/source', 'node'] } },
  test: {
    root: import.meta.dirname,
    include: ['journeys/**/*.e2e.ts', 'conformance/**/*.e2e.ts'],
    exclude: ['**/node_modules/**', ...absent.map(([file]) => `conformance/${file}`)],
    environment: 'node',
    maxWorkers: 2,
    testTimeout: 90_000,
    hookTimeout: 120_000,
  },
});
