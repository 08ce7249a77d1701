import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Bundles lease-process.ts, so that Node runs it. @returns where it is, and what removes it */
export async function bundleProcess(): Promise<{ program: string; remove: () => Promise<void> }> {
  // Beside the packages that stay outside of it.
  const outDir = `${root}node_modules/.cache/ballpark-leases-${process.pid}`;
  await build({
    config: false,
    cwd: root,
    entry: { 'lease-process': 'test/leases/processes/lease-process.ts' },
    outDir,
    format: 'esm',
    platform: 'node',
    dts: false,
    outExtensions: () => ({ js: '.mjs' }),
    logLevel: 'error',
  });
  return { program: `${outDir}/lease-process.mjs`, remove: () => rm(outDir, { recursive: true }) };
}
