import { defineConfig } from 'tsup';
import { programBundle } from '../../tools/bundle/program.mjs';

export default defineConfig(programBundle('clusternet-hub', 'src/main.ts'));
