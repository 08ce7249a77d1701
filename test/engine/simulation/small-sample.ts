import type { Column, Sample } from '../../../src/samples/index.ts';
import type { DrawnSample } from '../../../src/sampler/write-sample.ts';

const column = (name: string, sqlType: string, storage: Column['storage'], values: Column['values']): Column => ({
  name, sqlType, storage, values, validity: null, dictionary: null,
}); // prettier-ignore

/** What a sample of that number holds: enough to tell it from all others. */
const contentOf = (number: number): Int32Array =>
  Int32Array.from({ length: 20 + (number % 7) }, (_, row) => number * 1000 + row);

/** A sample of a few rows, as one that was drawn. */
export function drawSmall(number: number): DrawnSample {
  const values = contentOf(number);
  const rows = values.length;
  const population = Float64Array.of(10 * rows);
  return {
    strata: { count: 1, takeAll: null, population, keys: [], columns: [] },
    outliers: null,
    rows,
    columns: [column('x', 'INTEGER', 'int32', values)],
    strataColumns: [
      column('population', 'DOUBLE', 'float64', population),
      column('sampled', 'INTEGER', 'int32', Int32Array.of(rows)),
    ],
  };
}

/** Whether a sample reads as it was written under its number. */
export async function isWhole(sample: Sample, number: number): Promise<boolean> {
  const expected = contentOf(number);
  if (sample.rows !== expected.length || sample.strata.sampled[0] !== expected.length) return false;
  const { values } = await sample.load('x', sample.rows);
  return expected.every((value, row) => values[row] === value);
}
