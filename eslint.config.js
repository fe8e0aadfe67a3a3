import { join } from 'node:path';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { importZones } from './scripts/lint/import-zones.mjs';
import { typedComponentParser } from './scripts/lint/typed-components.mjs';
import { typeProjects } from './scripts/test/projects.mjs';

/** Only write-atomic.ts writes a file that is to stay: half a file after a crash is nobody's. */
const noPlainWrites = [
  'ImportSpecifier[imported.name=/^writeFile(Sync)?$/]',
  'MemberExpression[property.name=/^writeFile(Sync)?$/]',
].map((selector) => ({ selector, message: 'Write through main/store/write-atomic.ts.' }));

const lintsComponentsWithTypes = process.env.GRAFT_LINT_COMPONENTS === '1';
/** Makes one program of all components; only where no file changes meanwhile, as it would in an editor. */
const typedParser =
  lintsComponentsWithTypes &&
  typedComponentParser(
    join(import.meta.dirname, 'renderer', 'tsconfig.json'),
    tseslint.parser,
    svelte.configs['flat/base'].find(({ languageOptions }) => languageOptions?.parser).languageOptions.parser,
  );
const promiseRules = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
};

/** Files from strangers are opened in a few places, each with its checks. */
const containers = ['yauzl', 'h5wasm'].map((name) => ({
  name,
  message: 'Archives and HDF5 files are opened in main/native, main/dataset and main/backbones only.',
}));

/** Each file is checked with its own project; given a list, the parser would build one after the other to look. */
const byProject = Object.entries(typeProjects).map(([project, files]) => ({
  files,
  languageOptions: { parserOptions: { project, tsconfigRootDir: import.meta.dirname } },
}));

export default tseslint.config(
  { ignores: ['out/', 'node_modules/', 'test-results/', 'playwright-report/', 'assets/', 'docs/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  tseslint.configs.recommendedTypeChecked,
  svelte.configs['flat/recommended'],
  ...byProject,
  {
    plugins: { graft: { rules: { 'import-zones': importZones } } },
    rules: {
      'graft/import-zones': 'error',
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-debugger': 'error',
      'no-dupe-else-if': 'error',
      'no-self-assign': 'error',
      'no-self-compare': 'error',
      'no-sparse-arrays': 'error',
      'no-unmodified-loop-condition': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-catch': 'error',
      'no-control-regex': 'off', // names from archives are checked for just these characters
      'no-console': 'error',
      'no-restricted-exports': [
        'error',
        { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true } },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true, caughtErrors: 'none' },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-namespace': ['error', { allowDeclarations: true }],
      '@typescript-eslint/require-await': 'off', // handlers answer a promise by contract, awaiting or not
    },
  },
  {
    files: ['**/*.svelte.ts'],
    languageOptions: { parser: tseslint.parser },
  },
  {
    files: ['renderer/**/*.ts'],
    ignores: ['**/*.test.ts'],
    languageOptions: typedParser ? { parser: typedParser } : {},
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { globals: globals.browser, parserOptions: { parser: typedParser || tseslint.parser } },
    rules: {
      'prefer-const': 'off', // props are declared with let; the next rule knows which
      'svelte/prefer-const': ['error', { excludedRunes: ['$props', '$bindable'] }],
      'svelte/prefer-svelte-reactivity': 'off', // state is replaced whole, never mutated
    },
  },
  {
    files: ['main/**'],
    rules: { 'no-restricted-syntax': ['error', ...noPlainWrites] },
  },
  {
    files: ['main/**'],
    ignores: ['main/native/**', 'main/dataset/**', 'main/backbones/**', 'main/testing/**', '**/*.test.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: containers }] },
  },
  {
    files: ['main/store/write-atomic.ts', 'main/testing/**', '**/*.test.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['contract/**', 'strings/**', 'renderer/**', 'web-page/**', 'preload/**'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-globals': ['error', 'process', 'Buffer', 'require', 'global', '__dirname'] },
  },
  {
    files: ['scripts/**', 'bench/**', 'tools/**', 'main/shells/cli/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['*.config.ts', '*.config.js', 'scripts/test/client-environment.ts'],
    rules: { 'no-restricted-exports': 'off' },
  },
  {
    // The whole test looks for promises that nobody awaits in components too; the quick check, which has no program of
    // them, leaves their types to svelte-check.
    files: ['**/*.svelte'],
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      ...(lintsComponentsWithTypes && promiseRules),
    },
    languageOptions: lintsComponentsWithTypes ? {} : tseslint.configs.disableTypeChecked.languageOptions,
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: globals.node },
  },
);
