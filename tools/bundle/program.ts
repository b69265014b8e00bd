import { join, resolve } from 'node:path';
import type { Options } from 'tsup';

/** Programs are bundled from their own folder, apps/NAME. */
const here = resolve('../../tools/bundle');

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/** Our packages get the small entry of undici; libraries of other people keep the whole. */
const smallUndici: Plugin = {
  name: 'small-undici',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, ({ importer }) =>
      /[\\/]packages[\\/][^\\/]+[\\/]src[\\/]/.test(importer)
        ? { path: join(here, 'undici-pool.cjs') }
        : undefined,
    );
    build.onResolve({ filter: /^undici\// }, ({ path, importer, kind, pluginData }) =>
      importer.startsWith(here) && pluginData !== 'resolved'
        ? build.resolve(path, {
            kind,
            resolveDir: join(here, '..', '..', 'packages', 'client'),
            pluginData: 'resolved',
          })
        : undefined,
    );
  },
};

/**
 * How a program is bundled: one file with everything in it.
 * @param name - of the program
 * @param entry - its main file
 */
export function programBundle(name: string, entry: string): Options {
  return {
    entry: { [name]: entry },
    format: 'esm',
    target: 'node22',
    platform: 'node',
    noExternal: [/.*/],
    splitting: false,
    sourcemap: true,
    minify: true,
    esbuildPlugins: [smallUndici],
    banner: {
      // several dependencies still call `require`
      js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
    },
    esbuildOptions: (options) => {
      options.conditions = ['@clusternet/source', 'node', 'import', 'default'];
    },
  };
}
