import { defineConfig } from 'tsup';
import { programBundle } from '../../tools/bundle/program.ts';

export default defineConfig(programBundle('clusternet-hub', 'src/main.ts'));
