import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsWithin, type Zones } from '../../src/common/index.ts';
import { DuckDBSource } from '../../src/sources/index.ts';
import { writeRows } from '../support/duckdb.ts';
import { Workspace } from '../support/workspace.ts';

const folder = mkdtempSync(join(tmpdir(), 'ballpark-zones-'));
const source = new DuckDBSource({ threads: 2, memoryLimitBytes: 2 ** 30, tempFolder: join(folder, 'spill') });
const rows = 40_000;
const groupRows = 2048;
const select = `SELECT i::INTEGER AS id, TIMESTAMP '2025-01-01' + to_minutes(i) AS at, DATE '2025-01-01' + (i // 1440)::INTEGER AS day,
  i / 8.0::DOUBLE AS x, (hash(i) % 1000)::INTEGER AS shuffled, CASE WHEN i > 30000 THEN i END AS late, 'k' || i AS word FROM range(${rows}) t(i)`;

beforeAll(async () => {
  await writeRows(join(folder, 'ordered.parquet'), select, `ROW_GROUP_SIZE ${groupRows}`);
  await writeRows(join(folder, 'small.parquet'), 'SELECT i AS id FROM range(10) t(i)');
});
afterAll(async () => {
  await source.close();
  rmSync(folder, { recursive: true });
});

async function zonesOf(...names: string[]): Promise<(Zones | null)[]> {
  return [...(await source.inspect(names.map((name) => join(folder, name)))).zones];
}

test('columns whose order the rows follow have ranges by row group', async () => {
  const [zones] = await zonesOf('ordered.parquet');
  const { rows: counts, columns } = zones!;
  expect(counts.reduce((a, b) => a + b)).toBe(rows);
  expect(counts.length).toBe(Math.ceil(rows / groupRows));
  expect(columns.map(({ name }) => name)).toEqual(['id', 'at', 'day', 'x']);
  const startMicros = Date.UTC(2025, 0, 1) * 1000;
  for (const [group] of counts.entries()) {
    const [first, last] = [group * groupRows, Math.min(rows, (group + 1) * groupRows) - 1];
    const at = (column: number): [number, number] => [
      columns[column]!.low[group]!,
      columns[column]!.high[group]!,
    ];
    expect(at(0)).toEqual([first, last]);
    expect(at(1)).toEqual([startMicros + first * 60e6, startMicros + last * 60e6]);
    expect(at(2)).toEqual([20_089 + Math.floor(first / 1440), 20_089 + Math.floor(last / 1440)]);
    expect(at(3)).toEqual([first / 8, last / 8]);
  }
});

test('a file of one row group has none', async () => {
  expect(await zonesOf('small.parquet')).toEqual([null]);
});

describe('rows within', () => {
  const zones: Zones = {
    rows: [10, 20, 30],
    columns: [
      { name: 'a', low: [0, 10, 20], high: [9, 19, 29] },
      { name: 'b', low: [5, 0, 5], high: [6, 1, 6] },
    ],
  };
  test.each([
    [null, null, 60],
    [{ low: 9, high: 10 }, null, 30],
    [{ low: 19, high: 100 }, null, 50],
    [{ low: 19, high: 100 }, { low: 2, high: 9 }, 30],
    [{ low: 40, high: 100 }, null, 0],
  ])('%j, %j', (a, b, expected) => {
    expect(rowsWithin(zones, ({ name }) => (name === 'a' ? a : b))).toBe(expected);
  });
});

test('an exact answer that can leave out most row groups is predicted sooner', async () => {
  const work = await Workspace.open();
  const path = await work.writeRows('t.parquet', select.replace(`range(${rows})`, 'range(2000000)'));
  await work.query(`CREATE TABLE t FROM '${path}'`);
  await work.query('EXACT SELECT SUM(x) FROM t'); // DuckDB has started
  const predictedMs = async (where: string): Promise<number> => {
    const lines = await work.values(
      `EXPLAIN EXACT SELECT SUM(shuffled), AVG(x), COUNT(late) FROM t WHERE ${where}`,
    );
    const [, time] = lines.find(([name]) => name === 'time')!; // every route has one
    return Number.parseFloat(String(time).replaceAll(',', ''));
  };
  const [few, all] = [await predictedMs("at < TIMESTAMP '2025-01-02'"), await predictedMs('shuffled < 7')];
  expect(few).toBeLessThan(0.7 * all);
  await work.close();
});
