import { expect, test } from 'vitest';
import { isValid } from '../../src/columns/index.ts';
import { compareText } from '../../src/common/index.ts';
import { type Scalar, typeFromDuckDB } from '../../src/plan/index.ts';
import { drawSample } from '../../src/sampler/build-sample.ts';
import { stratumColumnName } from '../../src/samples/index.ts';
import { DuckDBSource } from '../../src/sources/index.ts';
import { Workspace } from '../support/workspace.ts';

/* Texts of key columns, which rows have from their strata. */

const keys: readonly (readonly [string, string, readonly string[]])[] = [
  ['the one column, with NULL', "CASE WHEN i % 7 = 0 THEN NULL WHEN i % 7 = 1 THEN '' ELSE 'k' || (i % 3) END AS k", ['k']],
  ['without NULL, among others', "i AS n, 'ü' || (i % 5) AS k, i % 3 AS m", ['m', 'k']],
  ['NULL alone', 'i AS n, NULL::VARCHAR AS k', ['k']],
]; // prettier-ignore

test.each(keys)('%s', async (_, select, columns) => {
  const work = await Workspace.open();
  const path = await work.writeRows('t.parquet', `SELECT ${select} FROM range(1000) t(i)`);
  const source = new DuckDBSource({
    threads: 2,
    memoryLimitBytes: 2 ** 30,
    tempFolder: work.path('scratch'),
  });
  const described = await source.inspect([path]);
  const scan = await source.openBuild(
    { name: 't', files: [{ id: 1, path }] },
    described.columns.map(({ name, type }) => ({ name, type: typeFromDuckDB(type) })),
  );
  const drawn = await drawSample(scan, { method: { kind: 'stratified', columns, cap: 20 }, seed: 1 }, {});
  scan.close();
  await source.close();
  await work.close();
  const own = drawn.columns.find(({ name }) => name === 'k')!;
  const { values: stratum } = drawn.columns.find(({ name }) => name === stratumColumnName)!;
  const key = drawn.strata.keys.find(({ column }) => column.name === 'k')!.values;
  // Codes are numbers, and strata.
  const texts = Array.from(own.values as Int32Array, (code, row): Scalar =>
    own.validity === null || isValid(own.validity, row) ? own.dictionary![code]! : null,
  );
  expect(texts).toEqual(Array.from(stratum as Int32Array, (h) => key[h]!));
  expect(texts).toHaveLength(drawn.rows);
  expect(new Set(stratum as Int32Array).size).toBe(drawn.strata.count);
  expect(own.validity === null).toBe(!key.includes(null));
  const different = new Set(key.filter((text) => typeof text === 'string'));
  expect(own.dictionary).toEqual([...different].toSorted(compareText));
  expect(drawn.columns.slice(0, -2).map(({ name }) => name)).toEqual(
    described.columns.map(({ name }) => name),
  );
});
