import path from 'node:path';
import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/**
 * Who may import whom (docs/architecture.md): ui, api <- store, hooks <- parts <- features <- app. Files import each other by
 * relative paths, so a pattern on the path is enough.
 *
 * @param {string} files
 * @param {string[]} rooms that these files must not import
 * @param {string} message
 */
const fence = (files, rooms, message) => ({
  files: [`frontend/${files}/**/*.{ts,tsx}`],
  ignores: ['**/*.test.{ts,tsx}'],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      { patterns: [{ regex: `(^|/)\\.\\./(${rooms.join('|')})(/|$)`, message }] },
    ],
  },
});

const ofProduct = /\b(provider|tool|fleet|mcp|hangar)/i;

/** ui/ is about looks: a product word in a name there means that something stands in the wrong room. */
const noProductWords = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { word: '"{{name}}": ui/ knows no product word' },
  },
  /** @param {import('eslint').Rule.RuleContext} context */
  create: (context) => ({
    /** @param {import('estree').Identifier & import('eslint').Rule.NodeParentExtension} node */
    Identifier(node) {
      const words = node.name.replace(/([a-z])([A-Z])/g, '$1 $2');
      // QueryClientProvider and friends are React's word, not ours.
      if (ofProduct.test(words) && !/Provider$/.test(node.name)) {
        context.report({ node, messageId: 'word', data: { name: node.name } });
      }
    },
  }),
};

export default tseslint.config(
  {
    ignores: [
      'backend', // its tests compile what they need
      'frontend/dist',
      'frontend/api/schema.gen.ts',
      'frontend/e2e/shots',
      'frontend/e2e/results',
      '**/*.js',
      '**/*.mjs',
      '!eslint.config.js',
    ],
  },
  { files: ['frontend/**/*.{ts,tsx}', 'examples/*.ts', 'vite.config.ts'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  reactHooks.configs.flat['recommended-latest'],
  {
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './tsconfig.node.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'max-lines': ['error', 400],
      // Types are spelled `type` throughout; an interface appears where the contract names one.
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/only-throw-error': [
        'error',
        { allow: [{ from: 'package', package: '@tanstack/router-core', name: 'Redirect' }] },
      ],
      // The compiler is not used; the virtual lists re-render with their scroller, as their library asks.
      'react-hooks/incompatible-library': 'off',
      '@typescript-eslint/prefer-nullish-coalescing': [
        'error',
        { ignorePrimitives: { boolean: true } },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreVoidOperator: true }],
    },
  },
  {
    // In a test a missing element is the failure itself; guarding against it says nothing more.
    files: ['**/*.test.{ts,tsx}', 'frontend/e2e/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['eslint.config.js'], ...tseslint.configs.disableTypeChecked },
  fence(
    'ui',
    ['api', 'store', 'hooks', 'parts', 'features', 'app'],
    'ui/ takes children and callbacks only',
  ),
  fence('api', ['ui', 'store', 'hooks', 'parts', 'features', 'app'], 'api/ stands at the bottom'),
  fence('store', ['hooks', 'parts', 'features', 'app'], 'store/ stands below hooks and parts'),
  fence('hooks', ['parts', 'features', 'app'], 'hooks/ stands below parts and features'),
  fence('parts', ['features', 'app'], 'parts/ are what features share'),
  fence('features', ['app'], 'features/ stand below app'),
  {
    files: ['frontend/features/*/**/*.{ts,tsx}'],
    plugins: { hangar: { rules: { 'no-other-feature': otherFeature() } } },
    rules: { 'hangar/no-other-feature': 'error' },
  },
  {
    files: ['frontend/ui/**/*.{ts,tsx}'],
    plugins: { hangar: { rules: { 'no-product-words': noProductWords } } },
    rules: { 'hangar/no-product-words': 'error' },
  },
);

/** A feature resolves every relative import inside its own folder or below features/. */
function otherFeature() {
  return {
    meta: { type: 'problem', schema: [], messages: { other: 'features do not import each other' } },
    /** @param {import('eslint').Rule.RuleContext} context */
    create: (context) => {
      const inside = context.filename.split('/frontend/features/')[1]?.split('/') ?? [];
      const own = inside[0];
      return {
        /** @param {import('estree').ImportDeclaration} node */
        ImportDeclaration(node) {
          const source = String(node.source.value);
          if (!source.startsWith('.')) return;
          const target = path.posix
            .resolve('/features', path.posix.dirname(inside.join('/')), source)
            .split('/');
          if (target[1] === 'features' && target[2] !== own)
            context.report({ node, messageId: 'other' });
        },
      };
    },
  };
}
