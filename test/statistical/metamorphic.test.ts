import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { finish } from '../../src/common/index.ts';
import { openScan } from '../../src/executor/index.ts';
import { type Estimate, layoutMoments, type Moments } from '../../src/plan/index.ts';
import type { Sample } from '../../src/samples/index.ts';
import { askSample, bindAggregate } from '../support/ask-sample.ts';
import { DrawingTable } from '../support/draws.ts';
import { writeRows } from '../support/duckdb.ts';

/*
 * What must hold between answers, whatever the truth: the same rows asked in other words.
 */

const folder = mkdtempSync(join(tmpdir(), 'ballpark-metamorphic-'));
let table: DrawingTable;
let sample: Sample;

beforeAll(async () => {
  const path = join(folder, 't.parquet');
  await writeRows(
    path,
    `SELECT (hash(i, 1) % 7)::INTEGER AS g, 's' || (hash(i, 2) % 12) AS s,
       CASE WHEN hash(i, 3) % 10 > 0 THEN (hash(i, 4) % 1000)::INTEGER END AS a,
       exp((hash(i, 5) % 1000) / 300.0) AS x, 1700000000000 + (hash(i, 6) % 1000000)::BIGINT AS ms
     FROM range(60000) r(i)`,
  );
  table = await DrawingTable.open(path, { kind: 'stratified', columns: ['s'], cap: 700 }, folder);
  sample = await table.draw(11);
}, 60_000);
afterAll(async () => {
  await sample.close();
  await table.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(sql: string, from = sample, confidence = 0.95): Promise<Estimate[][]> {
  const { groups } = await askSample(from, bindAggregate(sql, table.columns), { confidence });
  return groups.map(({ estimates }) => estimates.map(({ estimate }) => estimate));
}

const one = async (sql: string): Promise<Estimate> => (await ask(sql))[0]![0]!;
const value = async (sql: string): Promise<number> => (await one(sql)).value!;

/** Equal but for rounding. */
function expectEqual(found: number, expected: number, digits = 1e-12): void {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(digits * Math.abs(expected));
}

const conditions = ['a > 400', 'x < 3 AND a <> 7', 'g IN (1, 2) OR a < 100', 'NOT (x > 2)'];

describe('partitions', () => {
  test.each(conditions)('rows with %s, without, and where it is NULL are all rows', async (p) => {
    for (const sum of ['COUNT(*)', 'SUM(x)', 'SUM(a)']) {
      const parts = [p, `NOT (${p})`, `(${p}) IS NULL`];
      const values = await Promise.all(parts.map((part) => value(`SELECT ${sum} FROM t WHERE ${part}`)));
      expectEqual(values.reduce((a, b) => a + b), await value(`SELECT ${sum} FROM t`)); // prettier-ignore
    }
  });

  test.each(['g', 's', 'a % 5', "CASE WHEN x > 3 THEN 'far' END"])('groups by %s add up', async (key) => {
    for (const sum of ['COUNT(*)', 'SUM(x)', 'COUNT(a)']) {
      const groups = await ask(`SELECT ${key} AS k, ${sum} FROM t WHERE x > 1.5 GROUP BY 1`);
      const values = groups.map(([estimate]) => estimate!.value!);
      expectEqual(values.reduce((a, b) => a + b), await value(`SELECT ${sum} FROM t WHERE x > 1.5`)); // prettier-ignore
    }
  });
});

describe('the same in other words', () => {
  test.each(conditions)('COUNT WHERE %s is a SUM of CASE', async (p) => {
    const count = await one(`SELECT COUNT(*) FROM t WHERE ${p}`);
    const sum = await one(`SELECT SUM(CASE WHEN ${p} THEN 1 ELSE 0 END) FROM t`);
    const filter = await one(`SELECT COUNT(*) FILTER (WHERE ${p}) FROM t`);
    expectEqual(sum.value!, count.value!);
    expectEqual(sum.stdError!, count.stdError!, 1e-9);
    expect(filter).toEqual(count);
  });

  test('AVG is SUM over COUNT', async () => {
    const average = await one('SELECT AVG(a) FROM t WHERE x < 4');
    const ratio = await one('SELECT SUM(a) / COUNT(a) FROM t WHERE x < 4');
    expectEqual(ratio.value!, average.value!);
    expectEqual(ratio.stdError!, average.stdError!, 1e-9);
    expectEqual(ratio.low!, average.low!, 1e-9);
  });

  test('COVAR of a column with itself is its variance, its slope over another the ratio of two', async () => {
    const [[variance, covariance, slope, pair, spread]] = (await ask(
      'SELECT VAR_SAMP(x), COVAR_SAMP(x, x), REGR_SLOPE(x, a), COVAR_POP(x, a), VAR_POP(a) FROM t WHERE a IS NOT NULL',
    )) as [[Estimate, Estimate, Estimate, Estimate, Estimate]];
    expectEqual(covariance.value!, variance.value!);
    expectEqual(covariance.stdError!, variance.stdError!, 1e-9);
    expectEqual(slope.value!, pair.value! / spread.value!, 1e-9);
  });
});

describe('scale', () => {
  test.each([3, -0.25, 1e6])('SUM(%f · x) scales, and its interval', async (factor) => {
    const plain = await one('SELECT SUM(x) FROM t WHERE a > 400');
    const scaled = await one(`SELECT SUM(x * ${factor}::DOUBLE) FROM t WHERE a > 400`);
    expectEqual(scaled.value!, plain.value! * factor);
    expectEqual(scaled.stdError!, plain.stdError! * Math.abs(factor), 1e-9);
    expectEqual(scaled.high! - scaled.low!, (plain.high! - plain.low!) * Math.abs(factor), 1e-9);
    expect(scaled.certified).toBe(plain.certified);
  });

  test('milliseconds since 1970 lose no digits', async () => {
    const [[far, near]] = (await ask(
      'SELECT VAR_SAMP(ms), VAR_SAMP(ms - 1700000000000) FROM t WHERE a > 400',
    )) as [[Estimate, Estimate]];
    expectEqual(far.value!, near.value!, 1e-10);
    expectEqual(far.stdError!, near.stdError!, 1e-9);
  });

  test('99 % holds 95 %', async () => {
    const sql =
      'SELECT g, COUNT(*), SUM(x), AVG(a), STDDEV(x), SUM(x) / SUM(a) FROM t WHERE a > 400 GROUP BY g';
    const [wide, narrow] = [await ask(sql, sample, 0.99), await ask(sql, sample, 0.95)];
    for (const [group, estimates] of narrow.entries()) {
      for (const [place, { low, high }] of estimates.entries()) {
        const outer = wide[group]![place]!; // the same groups and outputs
        expect(outer.low!).toBeLessThan(low!);
        expect(outer.high!).toBeGreaterThan(high!);
      }
    }
  });
});

describe('the way of reading changes nothing', () => {
  const sql = 'SELECT a % 3, COUNT(*), SUM(x), AVG(ms), STDDEV(x) FROM t WHERE x > 1.2 GROUP BY 1';

  async function momentsOf(
    from: Sample,
    steps: readonly number[],
    may: () => boolean | number = () => true,
  ): Promise<Moments> {
    const query = bindAggregate(sql, table.columns);
    const { layout } = layoutMoments(query);
    const scan = await openScan(from, { filter: query.filter, keys: query.keys, layout });
    if ('refused' in scan) throw new Error(scan.refused);
    for (const step of steps) await scan.readTo(from.runs.sizes.map((size) => Math.min(size, step)), may); // prettier-ignore
    const { moments, key } = finish(scan.collect());
    // Groups come in order of appearance: by key they compare.
    const order = Array.from({ length: moments.groupCount }, (_, group) => group).sort((p, q) =>
      String(key(p, 0)).localeCompare(String(key(q, 0))),
    );
    const stride = layout.monomials.length;
    const sorted = order.flatMap((group) =>
      Array.from(moments.cellGroup.keys())
        .filter((cell) => moments.cellGroup[cell] === group)
        .flatMap((cell) => [...moments.sums.subarray(cell * stride, (cell + 1) * stride)]),
    );
    return { ...moments, sums: Float64Array.from(sorted) };
  }

  test.each([
    ['in many steps', 65_536, [1, 20, 21, 300, 700]],
    ['in blocks of 256 rows', 256, [700]],
    ['in steps and blocks', 1024, [16, 64, 65, 700]],
  ])('%s', async (_, blockRows, steps) => {
    const whole = await momentsOf(sample, [700]);
    const other = await momentsOf(
      Object.create(sample, { blockRows: { value: blockRows } }) as Sample,
      steps,
    );
    expect(other.rowsRead).toEqual(whole.rowsRead);
    for (const [place, expected] of whole.sums.entries()) {
      const magnitude = Math.max(Math.abs(expected), 1e-6 * Math.abs(whole.sums[0]!));
      expect(Math.abs(other.sums[place]! - expected)).toBeLessThanOrEqual(1e-12 * magnitude);
    }
  });

  test('in pieces, without another digit', async () => {
    const [whole, pieces] = [await momentsOf(sample, [700]), await momentsOf(sample, [700], () => 50)];
    expect(pieces).toEqual(whole);
  });
});
