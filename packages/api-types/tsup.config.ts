import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/constants.ts', 'src/crds.ts', 'src/places.ts'],
  format: 'esm',
  sourcemap: true,
  target: 'node22',
  // Typebox is hundreds of small files, 0.2 s to load; we use a few functions. Its types stay a dependency.
  noExternal: ['typebox'],
});
