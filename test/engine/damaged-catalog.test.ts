import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Alert, type Engine, openEngine, type QueryError } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
const dataDir = (): string => join(work.folder, 'data');
const catalog = (): string => join(dataDir(), 'catalog.sqlite');
const question = 'SELECT SUM(x) FROM t WHERE x % 3 = 0';

beforeEach(async () => {
  work = await Workspace.open();
  await work.table('t', 'SELECT i AS x FROM range(50000) t(i)');
  await work.query('CREATE SAMPLE s ON t UNIFORM 20000 ROWS SEED 1');
});
afterEach(() => work.close());

const open = (onAlert?: (alert: Alert) => void): Promise<Engine> =>
  openEngine({
    dataDir: dataDir(),
    allowedPaths: [work.folder],
    ...(onAlert === undefined ? {} : { onAlert }),
  });

/** The error of opening. */
async function refusal(): Promise<QueryError> {
  try {
    await (await open()).close();
  } catch (error) {
    return error as QueryError; // the tests look at its code
  }
  throw new Error('it opened');
}

/** Changes the catalog behind the engine's back, as flipped bits would. */
function tamper(sql: string): void {
  const database = new Sqlite(catalog());
  database.exec(sql);
  database.close();
}

describe('a file that is no catalog is refused, and stays what it is', () => {
  test.each<[string, () => void, RegExp]>([
    ['garbage', () => writeFileSync(catalog(), 'x'.repeat(20_000)), /not a database/],
    ['cut off', () => truncateSync(catalog(), 20_000), /damaged/],
    ['empty', () => truncateSync(catalog(), 0), /is empty, but .* holds sample-\d+/],
    ['gone', () => rmSync(catalog()), /is missing, but .* holds sample-\d+/],
    ['of another schema', () => tamper('ALTER TABLE samples RENAME COLUMN seed TO sead'), /columns/],
    ['without its parents', () => tamper('PRAGMA foreign_keys = OFF; DELETE FROM tables'), /belong to none of/],
  ])('%s', async (_what, harm, message) => {
    await work.engine.close();
    harm();
    const before = (): string | null => {
      try {
        return readFileSync(catalog(), 'latin1');
      } catch {
        return null;
      }
    };
    const found = before();
    const error = await refusal();
    expect(error).toMatchObject({ name: 'QueryError', code: 'DAMAGED_CATALOG' });
    expect(error.message).toContain(catalog());
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(/restore it from a backup/);
    expect(before()).toBe(found);
  }); // prettier-ignore
});

test('a catalog of a newer version is refused', async () => {
  await work.engine.close();
  tamper('PRAGMA user_version = 99');
  const error = await refusal();
  expect(error.message).toMatch(/newer version/);
});

describe('a sample whose entry is not what was written is left out, and can be dropped', () => {
  test.each([
    'rows = rows + 1',
    'population_rows = population_rows + 4096',
    "method = '{'",
    'files = replace(files, \'"offset":\', \'"offzet":\')',
    "files = '{'",
    'version = 2',
    'table_id = table_id, seed = 3',
  ])('%s', async (change) => {
    const exact = await work.values(`EXACT ${question}`);
    await work.engine.close();
    tamper(`UPDATE samples SET ${change}`);
    const alerts: Alert[] = [];
    const engine = await open((alert) => alerts.push(alert));
    try {
      const { answer, rows } = await engine.query(question);
      expect(answer.mode).toBe('exact');
      expect(answer.reason).toMatch(/the sample s is damaged: what the catalog says of it/);
      expect(rows).toEqual(exact);
      expect(alerts).toMatchObject([{ kind: 'damaged-sample', sample: 's' }]);
      const [shown] = (await engine.query('SHOW SAMPLES')).toObjects();
      expect(shown).toMatchObject({ sample: 's', state: 'damaged', method: null, rows: null });
      await engine.query('DROP SAMPLE s');
      await engine.query('CREATE SAMPLE s ON t UNIFORM 20000 ROWS SEED 1');
      expect((await engine.query(question)).answer.mode).toBe('approximate');
    } finally {
      await engine.close();
    }
  });
});

test.each([
  'UPDATE tables SET rows = 7',
  "UPDATE tables SET columns = '['",
  'UPDATE table_files SET file_id = 9',
  "UPDATE table_files SET path = replace(path, 't.parquet', 'u.parquet')",
])('a table whose entry is not what was written is refused, and can be dropped: %s', async (change) => {
  await work.engine.close();
  tamper(change);
  await work.reopen();
  for (const statement of [question, `EXACT ${question}`, 'CREATE SAMPLE ON t UNIFORM 9 ROWS', 'DESCRIBE t']) {
    const error = await work.error(statement);
    expect(error).toMatchObject({ code: 'DAMAGED_CATALOG' });
    expect(error.hint).toMatch(/DROP TABLE t/);
  }
  await work.query('DROP TABLE t');
  await work.query(`CREATE TABLE t FROM '${work.path('t.parquet')}'`);
  expect((await work.query(question)).answer.mode).toBe('exact');
}); // prettier-ignore

test('a table that is itself a sample never passes for the population', async () => {
  const path = await work.writeRows('survey.parquet', 'SELECT i AS x, 2.0 AS w FROM range(5000) t(i)');
  await work.query(`CREATE TABLE survey FROM '${path}' SAMPLED WEIGHT w`);
  await work.engine.close();
  tamper("DELETE FROM samples WHERE name = 'survey'");
  await work.reopen();
  const error = await work.error('SELECT COUNT(*) FROM survey');
  expect(error).toMatchObject({ code: 'DAMAGED_SAMPLE' });
  expect(error.hint).toMatch(/DROP TABLE survey/);
});

test('damage that SQLite comes upon later is told, and no answer is made of it', async () => {
  const database = new Sqlite(catalog());
  const find = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'samples'").pluck();
  const page = find.get() as number; // it is there
  // What the engine holds of the pages is its own until another process writes.
  database.exec('UPDATE samples SET uses = uses + 1');
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  const content = readFileSync(catalog());
  writeFileSync(catalog(), Buffer.from(content).fill(255, (page - 1) * 4096, page * 4096));
  for (const statement of [question, 'SHOW SAMPLES'])
    expect(await work.error(statement)).toMatchObject({ code: 'DAMAGED_CATALOG' });
  writeFileSync(catalog(), content);
});
