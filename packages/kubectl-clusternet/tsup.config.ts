import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';
import type { Options } from 'tsup';
import { programBundle } from '../../tools/bundle/program.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
const agentManifests = readFileSync('manifests/agent.yaml', 'utf8');

const facts = { EMBEDDED_FACTS: JSON.stringify({ version, agentManifests }) };

/** What npm installs. People wait for it: it loads only what a command needs, and knows its facts. */
const installed: Options = {
  ...programBundle('bin', 'src/bin.ts'),
  entry: { bin: 'src/bin.ts', 'complete-bin': 'src/completion/bin.ts' },
  outDir: 'dist/program',
  clean: true,
  splitting: true,
  define: facts,
};

/** One file that needs nothing beside it. Not a module: programs that bring Node along (tools/plugin) start scripts only. */
const standalone: Options = {
  ...programBundle('kubectl-clusternet', 'src/bin.ts'),
  outDir: 'dist/standalone',
  clean: true,
  format: 'cjs',
  outExtension: () => ({ js: '.cjs' }),
  banner: { js: '#!/usr/bin/env node' },
  define: { ...facts, 'import.meta.url': 'undefined' },
};

export default defineConfig([
  { entry: ['src/index.ts'], format: 'esm', sourcemap: true, target: 'node22' },
  installed,
  standalone,
]);
