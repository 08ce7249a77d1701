import type { SamplingMethod } from '../../src/catalog/index.ts';
import { buildSample } from '../../src/sampler/index.ts';
import { openSample, type Sample } from '../../src/samples/index.ts';
import type { BuildScan } from '../../src/sources/index.ts';
import { memoryFiles } from './memory-files.ts';

/** Builds a sample from a scan into memory and opens it. */
export async function buildInMemory(scan: BuildScan, method: SamplingMethod): Promise<Sample> {
  const files = memoryFiles();
  const built = await buildSample(files, scan, { method, seed: 1, folder: '/samples', number: 1 }, {});
  return await openSample(files, '/samples', built.files);
}
