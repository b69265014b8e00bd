import { defineConfig } from 'tsup';

/** One file with everything in it; several dependencies still call `require`. */
export default defineConfig({
  entry: { 'clusternet-agent': 'src/main.ts' },
  format: 'esm',
  target: 'node22',
  platform: 'node',
  noExternal: [/.*/],
  splitting: false,
  sourcemap: true,
  minify: true,
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
  },
  esbuildOptions: (options) => {
    options.conditions = ['@clusternet/source', 'node', 'import', 'default'];
  },
});
