import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { layers } from './tools/eslint/layers.mjs';

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '.nx/**',
      '.tools/**',
      'tools/eslint/fixtures/**',
      'e2e/.work/**',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [js.configs.recommended, ...tseslint.configs.strictTypeChecked],
    plugins: { clusternet: { rules: { layers } } },
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      'clusternet/layers': 'error',
      complexity: ['error', 20],
      'max-depth': ['error', 4],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only (STYLE §2).' },
        { selector: 'ExportAllDeclaration', message: 'Name what is exported (STYLE §2).' },
        { selector: 'TSEnumDeclaration', message: 'Use a union (STYLE §2).' },
      ],
      '@typescript-eslint/no-dynamic-delete': 'off', // Kubernetes objects are dictionaries
      '@typescript-eslint/no-empty-function': 'off', // a no-op is a value here
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowRethrowing: true }],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.fixture.ts', '**/bin.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'Only apps and bin.ts read the environment.' },
      ],
    },
  },
  {
    // Configuration files of tools want default exports.
    files: ['**/*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.test.ts', 'e2e/**/*.ts', 'bench/**/*.ts', 'packages/*/src/**/compliance/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off', // a test that meets null should fail right there
      '@typescript-eslint/no-unsafe-assignment': 'off', // vitest's asymmetric matchers are `any`
      complexity: 'off',
    },
  },
);
