import { defineConfig } from 'vitest/config';

/** The journeys: one file each, one after the other, since each starts whole fleets. */
export default defineConfig({
  resolve: { conditions: ['@clusternet/source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['@clusternet/source', 'node', 'import', 'default'] } },
  test: {
    root: import.meta.dirname,
    include: ['journeys/**/*.e2e.ts', 'conformance/**/*.e2e.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 120_000,
  },
});
