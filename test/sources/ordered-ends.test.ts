import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Scalar, typeFromDuckDB } from '../../src/plan/index.ts';
import { DuckDBSource, type OutlierRule, type ScannedStrata } from '../../src/sources/index.ts';
import { LockedDatabase } from '../../src/sources/duckdb/locked-database.ts';
import { Workspace } from '../support/workspace.ts';

/* Least and greatest values by stratum of columns that follow the rows of a file, against what all rows have. */

const rows = 200_000; // 98 row groups, of which 4 lie at each end
const outliers: readonly OutlierRule[] = [{ column: 'x', threshold: 900 }];

interface Row {
  readonly i: number;
  readonly up: number;
  readonly down: number;
  readonly zigzag: number;
  readonly x: number;
  readonly day: number;
}

/** A row as the table below has it. */
function rowAt(i: number): Row {
  const jitter = (i * 7919) % 500;
  return { i, up: i + jitter, down: -(i + jitter), zigzag: (i * 7919) % 1000, x: (i * 31) % 1000, day: Math.floor(i / 100) }; // prettier-ignore
}
const table = `SELECT i, (i + (i * 7919) % 500)::INTEGER AS up, -(i + (i * 7919) % 500) AS down, (i * 7919) % 1000 AS zigzag, ((i * 31) % 1000)::INTEGER AS x, DATE '1970-01-01' + (i // 100)::INTEGER AS day, CASE WHEN i % 3 = 0 THEN NULL ELSE 'k' || (i % 10) END AS everywhere, CASE WHEN i BETWEEN 90000 AND 90500 OR i = 100000 THEN 'between' WHEN i < 7 THEN 'first' WHEN i > 20000 AND i % 2 = 0 THEN 'late' ELSE 'rest' END AS somewhere, i // 5 AS small FROM range(${rows}) t(i)`;
const keysOf: Readonly<Record<string, (i: number) => Scalar>> = {
  everywhere: (i) => (i % 3 === 0 ? null : `k${i % 10}`),
  somewhere: (i) => {
    if ((i >= 90_000 && i <= 90_500) || i === 100_000) return 'between';
    if (i < 7) return 'first';
    return i > 20_000 && i % 2 === 0 ? 'late' : 'rest';
  },
  small: (i) => Math.floor(i / 5),
};

let work: Workspace;
let source: DuckDBSource;
let path: string;

beforeAll(async () => {
  work = await Workspace.open();
  path = await work.writeRows('t.parquet', table, 'ROW_GROUP_SIZE 2048');
  source = new DuckDBSource({ threads: 2, memoryLimitBytes: 2 ** 30, tempFolder: work.path('scratch') });
});
afterAll(async () => {
  await source.close();
  await work.close();
});

async function scanned(key: string, rules: readonly OutlierRule[]): Promise<ScannedStrata> {
  const { columns } = await source.inspect([path]);
  const scan = await source.openBuild(
    { name: 't', files: [{ id: 1, path }] },
    columns.map(({ name, type }) => ({ name, type: typeFromDuckDB(type) })),
  );
  try {
    return await scan.scanStrata([key], {}, rules);
  } finally {
    scan.close();
  }
}

describe.each(Object.keys(keysOf))('by %s', (key) => {
  test.each([
    ['all rows', []],
    ['outliers apart', outliers],
  ])('%s', async (_, rules) => {
    const ran = vi.spyOn(LockedDatabase.prototype, 'run');
    const strata = await scanned(key, rules);
    const statements = ran.mock.calls.map(([sql]) => sql);
    ran.mockRestore();
    const whole = statements.find((sql) => sql.includes('TABLE strata'))!; // a scan counts strata once
    const compared = ['i', 'up', 'down', 'zigzag', 'day'].filter((name) => whole.includes(`min("${name}")`));
    expect(compared).toEqual(key === 'small' ? ['i', 'up', 'down', 'zigzag', 'day'] : ['zigzag']);
    // Both ends alone, or what lies between them too.
    expect(statements.filter((sql) => sql.includes('TABLE ends'))).toHaveLength(key === 'somewhere' ? 2 : 1);
    const nameOf = (value: Scalar, isOutlier: boolean): string => `${String(value)} ${isOutlier}`;
    const byStratum = new Map<string, Row[]>();
    for (let i = 0; i < rows; i++) {
      const row = rowAt(i);
      const name = nameOf(keysOf[key]!(i), rules.length > 0 && row.x > 900); // one of them
      const own = byStratum.get(name) ?? [];
      byStratum.set(name, own);
      own.push(row);
    }
    expect(strata.count).toBe(byStratum.size);
    for (const name of ['i', 'up', 'down', 'zigzag', 'day'] as const) {
      const { low, high } = strata.columns.find(({ column }) => column.name === name)!; // one of the table's
      for (let h = 0; h < strata.count; h++) {
        const value = strata.keys[0]!.values[h]!;
        const own = byStratum.get(nameOf(typeof value === 'bigint' ? Number(value) : value, strata.takeAll?.[h] === 1))!; // prettier-ignore
        const values = own.map((row) => row[name]);
        const [least, most] = [Math.min, Math.max].map((of) => values.reduce((a, b) => of(a, b)));
        if (low[h] !== least || high[h] !== most)
          expect([name, value, low[h], high[h]]).toEqual([name, value, least, most]);
      }
    }
  });
});
