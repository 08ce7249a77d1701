import type { OutputColumn } from '../../src/plan/index.ts';
import { buildSample, mergeSamples, type SamplePart } from '../../src/sampler/index.ts';
import { openSample, type Sample } from '../../src/samples/index.ts';
import { type ArrayTable, arrayScan } from './array-scan.ts';
import { memoryFiles } from './memory-files.ts';

/** A part whose sample is open. */
export interface OpenPart extends SamplePart {
  readonly sample: Sample;
}

/** A sample of a table in arrays, in memory, as a part to be merged. @param priorities one a row */
export async function drawPart(
  table: ArrayTable,
  priorities: BigUint64Array,
  method: SamplePart['method'],
): Promise<OpenPart> {
  const files = memoryFiles();
  const request = { method, seed: 1, folder: '/samples', number: 1 };
  const built = await buildSample(files, arrayScan(table, { priorities }), request, {});
  return { sample: await openSample(files, '/samples', built.files), method };
}

/** Merges parts into memory. */
export async function mergeParts(
  columns: readonly OutputColumn[],
  parts: readonly [SamplePart, ...SamplePart[]],
): Promise<OpenPart> {
  const files = memoryFiles();
  const merged = await mergeSamples(files, parts, { columns, folder: '/samples', number: 1 }, {});
  return { sample: await openSample(files, '/samples', merged.files), method: merged.method };
}
