import { expect, test } from 'vitest';
import type { SamplingMethod } from '../../src/catalog/index.ts';
import { finish, seededRandom } from '../../src/common/index.ts';
import { isNumeric, type OutputColumn, type Scalar } from '../../src/plan/index.ts';
import { drawSample } from '../../src/sampler/build-sample.ts';
import { heldSample } from '../../src/sampler/held-sample.ts';
import { wholeTotals } from '../../src/sampler/index.ts';
import type { StrataTable } from '../../src/samples/index.ts';
import type { BuildScan, ScannedStrata } from '../../src/sources/index.ts';
import { type ArrayTable, arrayScan } from '../support/array-scan.ts';

/* Totals of a whole table from those of the strata of a sample of it, against a scan of all rows. */

const rows = 2000;
const random = seededRandom(11);
const draw = (make: (u: number) => Scalar): Scalar[] =>
  Array.from({ length: rows }, () => make(random.next()));
const table: ArrayTable = {
  columns: [
    { name: 'g', type: { kind: 'varchar' } },
    { name: 'x', type: { kind: 'double' } },
    { name: 'n', type: { kind: 'integer', bits: 32, signed: true } },
    { name: 'day', type: { kind: 'date' } },
    { name: 'none', type: { kind: 'double' } },
    { name: 'same', type: { kind: 'double' } },
  ] as ArrayTable['columns'],
  values: [
    draw((u) => (u < 0.05 ? null : 'abcdefgh'[Math.floor(8 * u ** 2)]!)),
    draw((u) => (u < 0.1 ? null : 1e3 + (1 - u) ** -1.5)),
    draw((u) => Math.floor(1000 * u) - 300),
    draw((u) => Math.floor(900 * u)),
    draw(() => null),
    draw(() => 0.5),
  ],
};
const priorities = BigUint64Array.from(
  { length: rows },
  () => BigInt(Math.floor(random.next() * 2 ** 53)) << 11n,
);
/** It numbers strata as they are first asked for. */
const open = (): BuildScan => arrayScan(table, { priorities });

async function strataOf(method: SamplingMethod, outliersOf: readonly string[] = []): Promise<StrataTable> {
  return (await heldSample(await drawSample(open(), { method, outliersOf, seed: 1 }, {}))).strata;
}

/** Totals of a column that are exact, those that are rounded. */
const exact = ({ columns, population, count, keys, takeAll }: ScannedStrata): unknown => ({
  of: { population, count, keys, takeAll },
  columns: columns.map(({ column, count: values, nonFinite, low, high, sum }) => ({
    column, values, nonFinite, low, high, sum,
  })), // prettier-ignore
});

const methods: readonly (readonly [string, SamplingMethod, readonly string[]])[] = [
  ['a uniform sample', { kind: 'uniform', unit: 'percent', amount: 10 }, []],
  ['one with outliers apart', { kind: 'uniform', unit: 'percent', amount: 10 }, ['x']],
  ['a stratified one', { kind: 'stratified', columns: ['g'], cap: 20 }, []],
  ['a stratified one with outliers apart', { kind: 'stratified', columns: ['g', 'day'], cap: 3 }, ['x']],
];

test.each(methods)('from %s are those of a scan', async (_, method, outliersOf) => {
  const whole = finish(wholeTotals(await strataOf(method, outliersOf), table.columns));
  const scanned = await open().scanStrata([], {});
  expect(exact(whole!)).toEqual(exact(scanned));
  for (const [place, { column, mean, centred }] of whole!.columns.entries()) {
    if (!isNumeric(column.type)) continue;
    const wanted = scanned.columns[place]!; // the same columns
    const spread = Math.sqrt(wanted.centred[0]![0]! / rows) || 0;
    for (const [k, own] of [mean, ...centred].entries()) {
      const value = [wanted.mean, ...wanted.centred][k]![0]!;
      const scale = k === 0 ? Math.abs(value) : rows * spread ** (k + 1) + Math.abs(value);
      if (Number.isNaN(value)) expect(own[0], column.name).toBeNaN();
      else expect(Math.abs(own[0]! - value), `${column.name} ${k}`).toBeLessThanOrEqual(1e-11 * scale);
    }
  }
});

test('a sample that is drawn with them is the same, without a first scan', async () => {
  const whole = finish(wholeTotals(await strataOf({ kind: 'stratified', columns: ['g'], cap: 20 }), table.columns))!; // prettier-ignore
  const again = { ...open(), scanStrata: () => Promise.reject(new Error('there is a first scan')) };
  for (const method of [
    { kind: 'uniform', unit: 'percent', amount: 10 },
    { kind: 'uniform', unit: 'rows', amount: 77 },
  ] as const) {
    const [known, scanned] = await Promise.all([
      drawSample(again, { method, seed: 1, whole }, {}),
      drawSample(open(), { method, seed: 1 }, {}),
    ]);
    expect(known.columns).toEqual(scanned.columns);
  }
  // They are of all rows together.
  const apart = { method: { kind: 'uniform', unit: 'percent', amount: 10 }, outliersOf: ['x'] } as const;
  await expect(drawSample(again, { ...apart, seed: 1, whole }, {})).rejects.toThrow('first scan');
});

test('there are none where strata do not tell all', async () => {
  const strata = await strataOf({ kind: 'stratified', columns: ['g'], cap: 20 });
  const totals = (other: StrataTable, columns: readonly OutputColumn[] = table.columns): unknown =>
    finish(wholeTotals(other, columns));
  const changed = (name: string, change: Partial<ReturnType<StrataTable['statistics']['get']>>): StrataTable => ({
    ...strata,
    statistics: new Map([...strata.statistics, [name, { ...strata.statistics.get(name)!, ...change }]]),
  }); // prettier-ignore
  expect(totals(strata)).not.toBeNull();
  expect(totals(strata, [...table.columns, { name: 'new', type: { kind: 'varchar' } }])).toBeNull();
  expect(totals(changed('n', { sum: null }))).toBeNull();
  const { centred } = strata.statistics.get('x')!;
  const lost = centred.map((moments, order) => (order === 3 ? moments.with(1, Number.NaN) : moments));
  expect(totals(changed('x', { centred: lost }))).toBeNull();
});
