import type { Sample } from '../../src/samples/index.ts';
import { type ArrayTable, arrayScan } from './array-scan.ts';
import { buildInMemory } from './build.ts';

/** Takes the rows of a table as a sample whose strata have the population that a column tells, times a factor. */
export async function takeWhole(
  table: ArrayTable,
  stratumColumn: string,
  populationColumn: string,
  factor: number,
): Promise<Sample> {
  const place = (name: string): number => table.columns.findIndex((column) => column.name === name);
  const [strata, sizes] = [table.values[place(stratumColumn)]!, table.values[place(populationColumn)]!];
  const population = new Map(strata.map((stratum, row) => [String(stratum), Number(sizes[row]) * factor]));
  // The smallest priorities there are: every row is below its threshold.
  const priorities = BigUint64Array.from(strata, (_, row) => BigInt(row));
  return await buildInMemory(arrayScan(table, { priorities, population }), {
    kind: 'stratified',
    columns: [stratumColumn],
    cap: 1000,
  });
}
