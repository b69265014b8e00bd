import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';

const tags = new Map();

/** Reads `nx.tags` of the nearest package.json: its name and the number in `layer:N`, if it has one. */
function packageOf(file) {
  for (let dir = dirname(file); dir !== parse(dir).root; dir = dirname(dir)) {
    if (tags.has(dir)) return tags.get(dir);
    const path = join(dir, 'package.json');
    if (!existsSync(path)) continue;
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    const layer = (manifest.nx?.tags ?? []).find((tag) => tag.startsWith('layer:'));
    const found = {
      name: manifest.name,
      layer: layer === undefined ? undefined : Number(layer.slice(6)),
      root: dir,
    };
    tags.set(dir, found);
    return found;
  }
  return undefined;
}

/** The tag of `@clusternet/NAME`, found beside the importing package or in the workspace's packages folder. */
function layerOf(specifier, from) {
  const name = specifier.split('/')[1];
  for (let dir = from; dir !== parse(dir).root; dir = dirname(dir)) {
    const path = join(dir, 'packages', name, 'package.json');
    if (existsSync(path)) return packageOf(path)?.layer;
  }
  return undefined;
}

/** Imports between our packages point down the layer numbers only (STYLE §1). */
export const layers = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      up: '{{from}} (layer {{fromLayer}}) may not import {{to}} (layer {{toLayer}}): imports point down the layers.',
      inside: '{{to}} reaches into another package; import its entry point.',
    },
  },
  create(context) {
    const self = packageOf(context.filename);
    const isTest = /\.test\.ts$/.test(context.filename);
    const check = (node) => {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string') return;
      if (!specifier.startsWith('@clusternet/')) return;
      if (/\/(src|dist)\//.test(specifier))
        context.report({ node, messageId: 'inside', data: { to: specifier } });
      if (self?.layer === undefined || specifier.startsWith(self.name)) return;
      const toLayer = layerOf(specifier, self.root);
      if (isTest && specifier.startsWith('@clusternet/testing')) return;
      if (toLayer !== undefined && toLayer >= self.layer) {
        context.report({
          node,
          messageId: 'up',
          data: { from: self.name, fromLayer: self.layer, to: specifier, toLayer },
        });
      }
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ImportExpression: check };
  },
};
