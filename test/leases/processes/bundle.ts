import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Bundles a program of the tests, so that Node runs it.
 * @param entry from the root
 * @returns where it is, and what removes it
 */
export async function bundleProcess(
  entry: string,
): Promise<{ program: string; remove: () => Promise<void> }> {
  // Beside the packages that stay outside of it.
  const outDir = `${root}node_modules/.cache/ballpark-processes-${process.pid}`;
  await build({
    config: false,
    cwd: root,
    entry: { program: entry },
    outDir,
    format: 'esm',
    platform: 'node',
    dts: false,
    outExtensions: () => ({ js: '.mjs' }),
    logLevel: 'error',
  });
  return { program: `${outDir}/program.mjs`, remove: () => rm(outDir, { recursive: true }) };
}
