import { defineConfig, type UserConfig } from 'tsdown';

/** Small packages in large numbers, and those that make a start slow when they are not bundled. */
const bundled = [
  /^@stdlib\//,
  'chevrotain',
  /^@chevrotain\//,
  'lodash-es',
  'fastest-levenshtein',
  'tinyglobby',
  'fdir',
  'picomatch',
];

const shared: UserConfig = {
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
};

/** What runs in threads that read samples. */
export const scanThread: UserConfig = {
  ...shared,
  entry: { 'scan-thread': 'src/executor/threads/scan-thread.ts' },
  dts: false,
  clean: false,
  // A thread starts in a moment: it loads nothing that it does not use.
  treeshake: { moduleSideEffects: false },
};

export default defineConfig([
  // The library leaves apache-arrow outside: its tables are the caller's own.
  {
    ...shared,
    entry: { index: 'src/index.ts' },
    dts: true,
    sourcemap: true,
    deps: { alwaysBundle: bundled, onlyBundle: false },
  },
  scanThread,
  // The command has it inside, where it loads faster.
  {
    ...shared,
    entry: { cli: 'src/cli/main.ts' },
    dts: false,
    clean: false,
    deps: { alwaysBundle: [...bundled, 'apache-arrow', 'flatbuffers', 'tslib'], onlyBundle: false },
  },
]);
