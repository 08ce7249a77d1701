import { describe, expect, test } from 'vitest';
import { microsPerDay, seededRandom } from '../../src/common/index.ts';
import {
  dateType,
  doubleType,
  integerType,
  type Scalar,
  timestampType,
  varcharType,
} from '../../src/plan/index.ts';
import { arrayScan, type ArrayTable } from '../support/array-scan.ts';
import { askSample, bindAggregate } from '../support/ask-sample.ts';
import { buildInMemory } from '../support/build.ts';

/*
 * What kernels add up, against sums in plain JavaScript: counts, sums, squares and cubes of every group and stratum, whether rows
 * are masked or selected, in runs of any length.
 */

interface Row {
  readonly g: string;
  readonly k: string | null;
  readonly n: number;
  readonly m: number | null;
  readonly x: number;
  readonly y: number | null;
  /** Never 0. */
  readonly z: number;
  readonly d: number;
  readonly t: number;
}

const random = seededRandom(3);
const whole = (low: number, high: number): number => low + Math.floor(random.next() * (high - low + 1));
/** Days about these are met often: before 1970, the ends of leap and other Februaries, of a year and of a century. */
const days = ['1899-12-31', '1900-03-01', '1968-02-29', '1969-12-31', '1970-01-01', '2000-02-29', '2023-02-28', '2024-02-29', '2024-12-31']; // prettier-ignore
const dayOf = (text: string): number => Date.parse(text) / 86_400e3;
const aDay = (): number =>
  random.next() < 0.5 ? dayOf(days[whole(0, days.length - 1)]!) + whole(-1, 1) : whole(-20_000, 20_000);
/** Both ends of a day, and places in it. */
const inDay = (): number => [0, 1, microsPerDay - 1, whole(0, microsPerDay - 1)][whole(0, 3)]!;

const row = (g: string): Row => ({
  g,
  k: random.next() < 0.1 ? null : `k${whole(0, 12)}`,
  n: whole(-3000, 3000),
  m: random.next() < 0.2 ? null : whole(-50, 50),
  x: 1e6 + 1000 * random.next(),
  y: random.next() < 0.2 ? null : random.next() - 0.5,
  z: 1 + random.next(),
  d: aDay(),
  t: aDay() * microsPerDay + inDay(),
});
const sizes = [1, 2, 3, 4, 5, 7, 17, 63, 4096, 4099];
const rows = sizes.flatMap((size, place) => Array.from({ length: size }, () => row(`g${place}`)));
const names = ['g', 'k', 'n', 'm', 'x', 'y', 'z', 'd', 't'] as const;
const types = [varcharType, varcharType, integerType, integerType, doubleType, doubleType, doubleType, dateType, timestampType]; // prettier-ignore
const table: ArrayTable = {
  columns: names.map((name, place) => ({ name, type: types[place]! })),
  values: names.map((name) => rows.map((each): Scalar => each[name])),
};
const priorities = BigUint64Array.from(rows, () => BigInt(Math.floor(random.next() * 2 ** 52)) << 11n);
const sample = await buildInMemory(arrayScan(table, { priorities }), {
  kind: 'stratified',
  columns: ['g'],
  cap: 10_000,
});

/** A condition, and which rows it holds of. */
type Condition = readonly [sql: string, holds: (row: Row) => boolean];
const conditions: readonly Condition[] = [
  ['TRUE', () => true],
  ['n > 100', ({ n }) => n > 100],
  ['n > 100 AND n <= 2000 AND k <> \'k3\'', ({ n, k }) => n > 100 && n <= 2000 && k !== null && k !== 'k3'],
  ['n < -99999', () => false],
  ['n > -99999.5', () => true],
  ['m >= 0', ({ m }) => m !== null && m >= 0],
  ['NOT (m > 10) OR y < 0', ({ m, y }) => (m !== null && m <= 10) || (y !== null && y < 0)],
  ['x < 1000500', ({ x }) => x < 1_000_500],
  ["t >= TIMESTAMP '1968-02-29 12:00:00'", ({ t }) => t >= Date.parse('1968-02-29T12:00:00Z') * 1000],
  ["k LIKE 'k1%' AND round(x) > 1000100", ({ k, x }) => k !== null && k.startsWith('k1') && Math.round(x) > 1_000_100],
  ['m IS NULL', ({ m }) => m === null],
  ['k IN (\'k1\', \'k2\')', ({ k }) => k === 'k1' || k === 'k2'],
]; // prettier-ignore

/** What is summed, and its value; null where a row has none. */
type Value = readonly [sql: string, value: (row: Row) => number | null];
const values: readonly Value[] = [
  ['n', ({ n }) => n],
  ['m', ({ m }) => m],
  ['x', ({ x }) => x],
  ['y', ({ y }) => y],
  ['x / 60', ({ x }) => x / 60],
  ['n / -7', ({ n }) => n / -7],
  ['CAST(m AS DOUBLE) * 0.25', ({ m }) => (m === null ? null : m * 0.25)],
  ['y / 1000', ({ y }) => (y === null ? null : y / 1000)],
  ['x * z - n', ({ x, z, n }) => x * z - n],
  ['x / z', ({ x, z }) => x / z],
  ['x / n', ({ x, n }) => (n === 0 ? null : x / n)],
  ['n // 300', ({ n }) => Math.trunc(n / 300)],
  ['n % 7', ({ n }) => n % 7],
  ['n // (m + 60)', ({ n, m }) => (m === null ? null : Math.trunc(n / (m + 60)))],
  ['n % m', ({ n, m }) => (m === null || m === 0 ? null : n % m)],
  ['CASE WHEN n > 1000 THEN 1 ELSE 0 END', ({ n }) => (n > 1000 ? 1 : 0)],
  ['CASE WHEN n > 1000 THEN x WHEN m > 0 THEN y END', ({ n, x, m, y }) => (n > 1000 ? x : m !== null && m > 0 ? y : null)],
  ['sqrt(x)', ({ x }) => Math.sqrt(x)],
  ['year(d)', ({ d }) => new Date(d * 86_400e3).getUTCFullYear()],
  ['month(t)', ({ t }) => new Date(Math.floor(t / 1000)).getUTCMonth() + 1],
  ['hour(t)', ({ t }) => new Date(Math.floor(t / 1000)).getUTCHours()],
  ['minute(t)', ({ t }) => new Date(Math.floor(t / 1000)).getUTCMinutes()],
  ['second(t)', ({ t }) => new Date(Math.floor(t / 1000)).getUTCSeconds()],
  ["date_part('millisecond', t)", ({ t }) => new Date(Math.floor(t / 1000)).getUTCSeconds() * 1000 + new Date(Math.floor(t / 1000)).getUTCMilliseconds()],
  ["date_part('microsecond', t)", ({ t }) => t - Math.floor(t / 6e7) * 6e7],
  ['epoch(t)', ({ t }) => t / 1e6],
]; // prettier-ignore

type Key = readonly [sql: string, key: (row: Row) => Scalar];
const keys: readonly Key[] = [
  ['g', ({ g }) => g],
  ['k', ({ k }) => k],
  ['n // 300', ({ n }) => Math.trunc(n / 300) + 0],
  ['(n + 3000) // 7', ({ n }) => Math.trunc((n + 3000) / 7)],
  ['n % 5', ({ n }) => (n % 5) + 0],
  ['m', ({ m }) => m],
  ['month(t)', ({ t }) => new Date(Math.floor(t / 1000)).getUTCMonth() + 1],
  ['day(d)', ({ d }) => new Date(d * 86_400e3).getUTCDate()],
  ['year(t)', ({ t }) => new Date(Math.floor(t / 1000)).getUTCFullYear()],
  ['y > 0', ({ y }) => (y === null ? null : y > 0)],
];

/** Compares every sum of AVG(value) with one over the rows. */
async function compare(
  key: Key | null,
  condition: Condition,
  value: Value,
  filter: Condition,
): Promise<void> {
  const aggregate = `AVG(${value[0]}) FILTER (WHERE ${filter[0]})`;
  const sql = `SELECT ${key === null ? '' : `${key[0]}, `}${aggregate} FROM t WHERE ${condition[0]}${key === null ? '' : ' GROUP BY 1'}`;
  const { moments, groups } = await askSample(sample, bindAggregate(sql, table.columns));
  const { layout, centres, cellCount, cellGroup, cellStratum, sums } = moments;
  const labels = new Map(groups.map((each) => [each.group, String(each.keys[0])]));
  const valued = layout.measures.findIndex(({ argument }) => argument !== null);
  const ofCell = (cell: number): string =>
    `${key === null ? '' : labels.get(cellGroup[cell]!)} ${cellStratum[cell]}`;
  const members = new Map<string, Row[]>();
  for (const each of rows.filter(condition[1])) {
    const name = `${key === null ? '' : String(key[1](each))} ${stratumOf(each)}`;
    members.set(name, [...(members.get(name) ?? []), each]);
  }
  const found = new Map<string, number[]>();
  for (let cell = 0; cell < cellCount; cell++) {
    const own = [...sums.subarray(cell * layout.monomials.length, (cell + 1) * layout.monomials.length)];
    if (own[0]! > 0) found.set(ofCell(cell), own);
  }
  expect([...found.keys()].sort()).toEqual([...members.keys()].sort());
  for (const [name, own] of found) {
    const taken = members
      .get(name)!
      .filter(filter[1])
      .map(value[1])
      .filter((z) => z !== null); // same names
    for (const [slot, monomial] of layout.monomials.entries()) {
      const power = monomial.find(({ measure }) => measure === valued)?.power;
      if (power === undefined) {
        expect(own[slot]).toBe(members.get(name)!.length);
        continue;
      }
      const terms = taken.map((z) => (z - centres[valued]!) ** power);
      const size = terms.reduce((sum, term) => sum + Math.abs(term), 0);
      const total = terms.reduce((sum, term) => sum + term, 0);
      expect(Math.abs(own[slot]! - total), `${sql} in ${name}, ${power}`).toBeLessThanOrEqual(
        1e-9 * size + 1e-9,
      );
    }
  }
}

const strata = new Map([...new Set(rows.map(({ g }) => g))].sort().map((g, place) => [g, place]));
const stratumOf = ({ g }: Row): number => strata.get(g)!;
const everyRow = conditions[0]!;
const plain = values[0]!;

describe.each([
  ['all rows', null],
  ['groups of strata', keys[0]!],
  ['groups of rows', keys[1]!],
])('%s', (_, key) => {
  test.each(conditions)('where %s', async (...condition) => {
    for (const value of values) await compare(key, condition, value, everyRow);
  });

  test.each(conditions)('filtered by %s', async (...filter) => {
    for (const value of values) await compare(key, conditions[1]!, value, filter);
  });
});

test.each(keys)('grouped by %s', async (...key) => {
  for (const condition of conditions) await compare(key, condition, plain, everyRow);
});
