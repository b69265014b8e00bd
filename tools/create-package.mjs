#!/usr/bin/env node
// Lays out a new publishable package the way every other one is laid out.
//   node tools/create-package.mjs NAME LAYER [--pure] [--dep @clusternet/x]...
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pure: { type: 'boolean' },
    dep: { type: 'string', multiple: true },
    description: { type: 'string' },
  },
});
const [name, layer] = positionals;
if (!name || !layer) {
  console.error('usage: create-package.mjs NAME LAYER [--pure] [--dep NAME]... [--description TEXT]');
  process.exit(2);
}
const dir = join('packages', name);
if (existsSync(dir)) {
  console.error(`${dir} exists`);
  process.exit(1);
}
mkdirSync(join(dir, 'src'), { recursive: true });
const dependencies = Object.fromEntries(
  (values.dep ?? []).map((dep) => [`@clusternet/${dep}`, 'workspace:^']),
);
const write = (path, value) =>
  writeFileSync(join(dir, path), typeof value === 'string' ? value : `${JSON.stringify(value, null, 2)}\n`);

write('package.json', {
  name: `@clusternet/${name}`,
  version: '0.1.0',
  description: values.description ?? '',
  license: 'Apache-2.0',
  repository: {
    type: 'git',
    url: 'git+https://github.com/clusternet/clusternet-ts.git',
    directory: `packages/${name}`,
  },
  type: 'module',
  sideEffects: false,
  engines: { node: '^22.19.0 || ^24.11.0 || >=26.0.0' },
  files: ['dist', 'README.md', '!dist/.tsbuildinfo', '!dist/**/*.map'],
  exports: {
    '.': { '@clusternet/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json',
  },
  publishConfig: { access: 'public' },
  scripts: {
    typecheck: 'tsc -b',
    build: 'tsup src/index.ts --format esm --sourcemap --target node22',
    test: `vitest run --root ../.. --project ${name}`,
    'publish-check': 'node ../../tools/publish-check.mjs',
  },
  dependencies,
  nx: { name, tags: [`layer:${layer}`, ...(values.pure ? ['pure'] : [])] },
});
write('tsconfig.json', {
  extends: '../../tsconfig.base.json',
  compilerOptions: {
    rootDir: 'src',
    outDir: 'dist',
    tsBuildInfoFile: 'dist/.tsbuildinfo',
    ...(values.pure ? { types: [], lib: ['ES2023'] } : {}),
  },
  include: ['src'],
  exclude: ['src/**/*.test.ts', 'src/**/*.fixture.ts'],
  references: (values.dep ?? []).map((dep) => ({ path: `../${dep}` })),
});
write('README.md', `# @clusternet/${name}\n\n${values.description ?? ''}\n`);
console.log(`created ${dir}`);
