import { defineConfig } from 'tsup';
import { programBundle } from '../../tools/bundle/program.mjs';

export default defineConfig(programBundle('clusternet-agent', 'src/main.ts'));
