import { defineConfig } from 'tsup';
import { programBundle } from '../../tools/bundle/program.ts';

export default defineConfig([
  { entry: ['src/index.ts'], format: 'esm', sourcemap: true, target: 'node22' },
  // A program that people wait for does not look for modules of others first, and loads only what it needs.
  { ...programBundle('bin', 'src/bin.ts'), splitting: true },
]);
