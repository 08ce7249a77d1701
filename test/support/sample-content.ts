import { isValid } from '../../src/columns/index.ts';
import {
  type ColumnStatistics,
  priorityColumnName,
  type Sample,
  stratumColumnName,
} from '../../src/samples/index.ts';

/** A sample's rows as plain values: for each column all of them, in file order. */
export async function rowsOf(sample: Sample): Promise<Readonly<Record<string, unknown[]>>> {
  const names = [...sample.columns.map(({ name }) => name), stratumColumnName, priorityColumnName];
  const columns = names.map(async (name): Promise<[string, unknown[]]> => {
    const { values, validity, dictionary } = await sample.load(name, sample.rows);
    const read = (row: number): unknown => {
      if (validity !== null && !isValid(validity, row)) return null;
      return dictionary === null ? values[row] : dictionary[Number(values[row])];
    };
    return [name, Array.from({ length: sample.rows }, (_, row) => read(row))];
  });
  return Object.fromEntries(await Promise.all(columns));
}

/** How a sample holds its columns; codes take as many bytes as there are texts. */
export function layoutOf(sample: Sample): unknown[] {
  return sample.columns.map(({ name, sqlType, storage, nullable, dictionary }) => ({
    name,
    sqlType,
    storage: dictionary === null ? storage : 'codes',
    nullable,
  }));
}

/** What a sample's strata table says exactly. */
export function strataOf({ strata, runs }: Sample): unknown {
  const exact = ({ count, nonFinite, low, high, sum }: ColumnStatistics): unknown => ({
    count: [...count],
    nonFinite: [...nonFinite],
    low: [...low],
    high: [...high],
    sum: sum === null ? null : [...sum],
  });
  return {
    population: [...strata.population],
    sampled: [...strata.sampled],
    takeAll: [...strata.takeAll],
    takeAllApart: [...runs.takeAll],
    keys: strata.keys,
    statistics: [...strata.statistics].map(([name, each]) => [name, exact(each)]),
  };
}
