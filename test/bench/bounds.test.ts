import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askAll, type BoundsRequest, type Outcome } from '../../bench/bounds/ask.mjs';
import { checkPromises } from '../../bench/bounds/score.mjs';
import { type BoundsTable, sessions } from '../../bench/bounds/tables.mjs';
import { generateSessions } from '../../data/generate-sessions.mjs';
import type { Cell } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

/*
 * `npm run bounds` over a small table: bounds are kept, and the score tells where they would not be.
 */

const rows = 200_000;

/** Questions that small samples can answer. */
const table: BoundsTable = {
  ...sessions,
  ranges: ['bitrate', 'ts'],
  keys: ['browser', 'os'],
  manyKeys: [],
  measures: ['bitrate', 'buffering_ms'],
  samples: () => [
    { name: 'uniform', method: 'UNIFORM 50%', strata: [] },
    { name: 'by_os', method: 'STRATIFIED BY (os) CAP 15000', strata: ['os'] },
  ],
};

let workspace: Workspace;
let hindsight: Workspace;
let instance: DuckDBInstance;
let duckdb: DuckDBConnection;

beforeAll(async () => {
  workspace = await Workspace.open();
  const { path } = await generateSessions({ path: workspace.path('sessions.parquet'), rows, seed: 1 });
  await workspace.query(`CREATE TABLE sessions FROM '${path}'`);
  hindsight = await Workspace.open();
  await hindsight.query(
    `CREATE TABLE sessions FROM '${hindsight.write('sessions.parquet', await readFile(path))}'`,
  );
  instance = await DuckDBInstance.create(':memory:');
  duckdb = await instance.connect();
  await duckdb.run(`CREATE TABLE sessions AS FROM read_parquet('${path}')`);
});

afterAll(async () => {
  await workspace.close();
  await hindsight.close();
  duckdb.closeSync();
  instance.closeSync();
});

async function ask(changed: Partial<BoundsRequest>): Promise<Outcome[]> {
  const names = await duckdb.runAndReadAll(`SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'truth%'`); // prettier-ignore
  for (const [name] of names.getRows()) await duckdb.run(`DROP TABLE ${String(name)}`);
  return await askAll({
    engine: workspace.engine,
    dataDir: join(workspace.folder, 'data'),
    hindsight: hindsight.engine,
    duckdb,
    tables: [table],
    queries: 160,
    // Those that most samples can answer, and for which a pilot is not enough.
    isAsked: ({ keys, bound }) => keys.length === 0 && bound >= 5,
    seeds: [1, 2, 3],
    timedRuns: 1,
    note: () => {},
    ...changed,
  });
}

/** An estimate with its interval half as wide; other cells as they are. */
function halved(cell: Cell): Cell {
  if (cell === null || typeof cell !== 'object' || !('certified' in cell)) return cell;
  const { value, low, high } = cell;
  if (value === null || low === null || high === null) return cell;
  return { ...cell, low: (low + value) / 2, high: (high + value) / 2 };
}

/** The promises that are not kept, but for those of time: only an otherwise idle machine can judge these. */
const broken = (outcomes: Outcome[]): string[] =>
  checkPromises(outcomes)
    .filter(({ kept, promise }) => !kept && !promise.includes('predicted of time'))
    .map(({ promise }) => promise);

describe('bounds on errors', { timeout: 180_000 }, () => {
  test('are kept', async () => {
    const outcomes = await ask({});
    expect(outcomes.filter(({ mode }) => mode === 'approximate').length).toBeGreaterThan(30);
    expect(broken(outcomes)).toEqual([]);
  });

  test('would be found broken, were intervals half as wide as they should be', async () => {
    // To ask for twice the bound and to halve what comes is to keep the bound with intervals of half their width.
    const { engine } = workspace;
    const outcomes = await ask({
      statementOf: ({ sql, bound, confidence }) =>
        `${sql} ERROR WITHIN ${2 * bound}% AT CONFIDENCE ${confidence}%`,
      engine: {
        async query(sql) {
          const { rows, answer } = await engine.query(sql);
          return { rows: rows.map((row) => row.map(halved)), answer };
        },
      },
    });
    expect(broken(outcomes)).toEqual(['in each class as many estimates are within the bound as the confidence says']); // prettier-ignore
  });

  test('would be found broken, were answers met that the sample cannot vouch for', async () => {
    const { engine } = workspace;
    const outcomes = await ask({
      seeds: [1],
      statementOf: ({ sql, bound, confidence }) =>
        `${sql} ERROR WITHIN ${bound}% AT CONFIDENCE ${confidence}% ON MISS BEST EFFORT`,
      engine: {
        async query(sql) {
          const { rows, answer } = await engine.query(sql);
          return { rows, answer: { ...answer, met: true } };
        },
      },
    });
    expect(broken(outcomes)).toContain('no sampled answer is met with an interval that is not certified or wider than the bound'); // prettier-ignore
  });

  test('would be found broken, were exact values off', async () => {
    const { engine } = workspace;
    const outcomes = await ask({
      seeds: [1],
      engine: {
        async query(sql) {
          const { rows, answer } = await engine.query(sql);
          const off = (cell: unknown): unknown => (typeof cell === 'number' ? cell * 1.000001 : cell);
          return { rows: rows.map((row) => row.map(off)) as typeof rows, answer };
        },
      },
    });
    expect(broken(outcomes)).toEqual(['what is said to be exact is']);
  });
});
