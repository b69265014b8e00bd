import { defineConfig } from 'tsup';
import { programBundle } from '../../tools/bundle/program.ts';

const bin = programBundle('bin', 'src/bin.ts');

export default defineConfig([
  { entry: ['src/index.ts'], format: 'esm', sourcemap: true, target: 'node22' },
  // A program that people wait for does not look for modules of others first, and loads only what it needs.
  { ...bin, entry: { bin: 'src/bin.ts', 'complete-bin': 'src/completion/bin.ts' }, splitting: true },
]);
