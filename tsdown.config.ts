import { defineConfig, type UserConfig } from 'tsdown';

/** Small packages in large numbers, and those that make a start slow when they are not bundled. */
const bundled = [
  /^@stdlib\//,
  'chevrotain',
  /^@chevrotain\//,
  'commander',
  'lodash-es',
  'fastest-levenshtein',
  'simple-statistics',
  'tinyglobby',
  'fdir',
  'picomatch',
];

const shared: UserConfig = {
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
  dts: false,
  clean: false,
};

/** What runs in threads: those that read samples, and those that answer statements. */
export const threadPrograms: readonly UserConfig[] = [
  { 'scan-thread': 'src/executor/threads/scan-thread.ts' },
  { 'statement-thread': 'src/engine/threads/statement-thread.ts' },
].map((entry) => ({
  ...shared,
  entry,
  deps: { alwaysBundle: bundled, onlyBundle: false },
  // A thread starts in a moment: it loads nothing that it does not use.
  treeshake: { moduleSideEffects: false },
}));

export default defineConfig([
  // The program, in the form that can be compiled ahead (scripts/compile-ahead.mjs).
  {
    ...shared,
    entry: { library: 'src/index.ts', command: 'src/cli/run-cli.ts' },
    format: 'cjs',
    outExtensions: () => ({ js: '.cjs' }),
    clean: true,
    sourcemap: true,
    outputOptions: { dynamicImportInCjs: false, comments: { jsdoc: false, annotation: false } },
    deps: { alwaysBundle: bundled, onlyBundle: false },
  },
  // What loads it.
  {
    ...shared,
    entry: { index: 'src/start/library.ts', cli: 'src/cli/main.ts', start: 'src/start/index.ts' },
  },
  { ...shared, entry: { index: 'src/index.ts' }, dts: { emitDtsOnly: true } },
  ...threadPrograms,
]);
