import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Unit and integration tests: one project a package. The journeys have a configuration of their own in e2e/. */
const roots = ['packages', 'apps'].flatMap((parent) =>
  existsSync(parent)
    ? readdirSync(parent).map((name) => ({
        name: parent === 'apps' ? `app-${name}` : name,
        root: `./${parent}/${name}`,
      }))
    : [],
);

/** Tests against peers of other people run where `npm test` has built those peers (it needs Go for that). */
const interop =
  process.env['CLUSTERNET_GO_TUNNEL_PEER'] === undefined ? [] : [{ name: 'interop', root: './e2e/interop' }];

const isSlow = (name: string): boolean => name === 'integration' || name === 'interop';

export default defineConfig({
  test: {
    // Tests of sockets and processes mostly wait: more at a time than there are cores.
    maxWorkers: Math.max(3, availableParallelism()),
    projects: [
      ...roots,
      { name: 'tools', root: './tools' },
      { name: 'integration', root: './e2e/integration' },
      { name: 'fuzz', root: './e2e/fuzz' },
      { name: 'chaos', root: './e2e/chaos' },
      { name: 'examples', root: './examples' },
      ...interop,
    ].map(({ name, root }) => ({
      resolve: { conditions: ['@clusternet/source', 'node', 'import', 'default'] },
      ssr: { resolve: { conditions: ['@clusternet/source', 'node', 'import', 'default'] } },
      test: {
        name,
        root,
        include: ['**/*.test.{ts,mjs}'],
        exclude: ['**/node_modules/**', '**/dist/**', '**/fixtures/**'],
        environment: 'node',
        testTimeout: isSlow(name) ? 60_000 : 15_000,
        hookTimeout: isSlow(name) ? 60_000 : 10_000,
      },
    })),
  },
});
