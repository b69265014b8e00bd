import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { layers } from './layers.mjs';

const fixtures = join(import.meta.dirname, 'fixtures', 'packages');

async function lint(file) {
  const eslint = new ESLint({
    cwd: fixtures,
    overrideConfigFile: true,
    overrideConfig: {
      files: ['**/*.ts'],
      languageOptions: { parser: tseslint.parser },
      plugins: { clusternet: { rules: { layers } } },
      rules: { 'clusternet/layers': 'error' },
    },
  });
  const [result] = await eslint.lintFiles([file]);
  return result.messages.map(({ messageId }) => messageId);
}

describe('the layer rule', () => {
  it('fails the canary: imports that point up or reach inside', async () => {
    expect(await lint('low/src/canary.ts')).toEqual(['up', 'inside', 'up']);
  });

  it('lets imports point down', async () => {
    expect(await lint('high/src/fine.ts')).toEqual([]);
  });
});
