import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { type Alert, openEngine, type QueryResult } from '../../src/index.ts';
import { flipStrata, flipValue } from '../support/sample-bytes.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
const dataDir = (): string => join(work.folder, 'data');
const question = "SELECT SUM(x) FROM t WHERE g = 'g3' AND x % 2 = 0";
const rowsOf = ({ rows }: QueryResult): unknown => JSON.parse(JSON.stringify(rows));
const samplesShown = async (): Promise<Record<string, unknown>[]> =>
  (await work.query('SHOW SAMPLES')).toObjects();

beforeEach(async () => {
  work = await Workspace.open();
  await work.table('t', "SELECT i AS x, 'g' || (i % 7) AS g FROM range(200000) t(i)");
});
afterEach(() => work.close());

/** Draws samples, damages one of them while nobody has it open. */
async function damage(samples: readonly string[], harm: () => void): Promise<void> {
  for (const sample of samples) await work.query(`CREATE SAMPLE ${sample} SEED 1`);
  harm();
  await work.reopen();
}

test('a damaged sample is left out by the statement that finds it, and by every process from then on', async () => {
  await damage(['s ON t UNIFORM 20000 ROWS'], () => flipValue(dataDir(), 's', 'x'));
  const alerts: Alert[] = [];
  const options = { dataDir: dataDir(), allowedPaths: [work.folder] };
  const other = await openEngine({ ...options, onAlert: (alert) => alerts.push(alert) });
  try {
    const found = await other.query(question);
    expect(found.answer).toMatchObject({ mode: 'exact', met: true, sample: null });
    expect(found.answer.reason).toMatch(/the sample s is damaged: the sample file .* is damaged in the/);
    expect(alerts).toMatchObject([{ kind: 'damaged-sample', sample: 's', table: 't' }]);
    expect((await work.query(question)).answer).toMatchObject({ mode: 'exact' });
    expect(await samplesShown()).toMatchObject([
      { sample: 's', state: 'damaged', trouble: expect.stringMatching(/damaged/) as string },
    ]);
    await other.query(question);
    expect(alerts).toHaveLength(1);
  } finally {
    await other.close();
  }
});

test('the next sample answers as if it were the only one', async () => {
  await work.query('CREATE SAMPLE only ON t UNIFORM 10000 ROWS SEED 2');
  const alone = rowsOf(await work.query(question));
  await damage(['s ON t UNIFORM 100000 ROWS'], () => flipValue(dataDir(), 's', 'x'));
  const { rows, answer } = await work.query(question);
  expect(answer).toMatchObject({ mode: 'approximate', sample: { name: 'only' } });
  expect(rowsOf({ rows } as QueryResult)).toEqual(alone);
});

test('what lies behind the rows that are read does no harm before it is needed', async () => {
  await damage(['s ON t UNIFORM 190000 ROWS'], () => flipValue(dataDir(), 's', 'x', 2));
  const bounded = await work.query('SELECT AVG(x) FROM t WHERE x % 2 = 0 ERROR WITHIN 20%');
  expect(bounded.answer).toMatchObject({ mode: 'approximate', sample: { name: 's' } });
  expect(bounded.answer.sample!.rowsRead).toBeLessThan(2 * 65_536);
  const { answer } = await work.query('SELECT AVG(x) FROM t WHERE x % 2 = 0');
  expect(answer).toMatchObject({ mode: 'exact', sample: null });
});

test('interim answers before the damage stay; the final one is of one piece', async () => {
  await damage(['s ON t UNIFORM 190000 ROWS'], () => flipValue(dataDir(), 's', 'x', 2));
  const seen: QueryResult[] = [];
  for await (const answer of work.engine.stream('SELECT AVG(x) FROM t WHERE x % 2 = 0')) seen.push(answer);
  const interim = seen.slice(0, -1);
  expect(interim.length).toBeGreaterThan(0);
  expect(interim.every(({ answer }) => answer.sample?.name === 's')).toBe(true);
  expect(seen.at(-1)).toMatchObject({ final: true, answer: { mode: 'exact', sample: null } });
  expect(seen.at(-1)!.rows).toEqual((await work.query('EXACT SELECT AVG(x) FROM t WHERE x % 2 = 0')).rows);
});

test('totals of strata that are damaged are not used', async () => {
  const totals = 'SELECT g, COUNT(*), SUM(x) FROM t GROUP BY g ORDER BY g';
  const expected = rowsOf(await work.query(totals));
  await damage(['s ON t STRATIFIED BY (g) CAP 100'], () => flipStrata(dataDir(), 's', 'population'));
  const { rows, answer } = await work.query(totals);
  expect(answer.mode).toBe('exact');
  expect(rowsOf({ rows } as QueryResult)).toEqual(expected);
});

test('EXPLAIN finds it, too, and tells what is left out', async () => {
  await damage(['s ON t UNIFORM 20000 ROWS'], () => flipValue(dataDir(), 's', 'x'));
  const lines = (await work.query(`EXPLAIN ${question}`)).rows;
  expect(lines).toContainEqual(['route', 'exact']);
  expect(lines.find(([item]) => item === 'left out')?.[1]).toMatch(/^the sample s is damaged/);
  expect((await samplesShown())[0]).toMatchObject({ state: 'damaged' });
});

test('within a deadline and a bound as any other statement', async () => {
  await damage(['s ON t UNIFORM 20000 ROWS'], () => flipValue(dataDir(), 's', 'x'));
  const { answer } = await work.query(`${question} ERROR WITHIN 5% WITHIN 20 SECONDS`);
  expect(answer).toMatchObject({ mode: 'exact', met: true });
});

describe('its name', () => {
  beforeEach(async () => {
    await damage(['s ON t UNIFORM 20000 ROWS'], () => flipValue(dataDir(), 's', 'x'));
    await work.query(question);
  });

  test('stays taken, and says why', async () => {
    const error = await work.error('CREATE SAMPLE s ON t UNIFORM 20000 ROWS');
    expect(error.code).toBe('DUPLICATE_NAME');
    expect(error.message).toMatch(/named s, which is damaged: /);
    expect(error.hint).toMatch(/DROP SAMPLE s/);
    const { answer } = await work.query('CREATE SAMPLE IF NOT EXISTS s ON t UNIFORM 20000 ROWS');
    expect(answer.reason).toMatch(/which is damaged/);
  });

  test('is free when it is dropped', async () => {
    await work.query('DROP SAMPLE s');
    await work.query('CREATE SAMPLE s ON t UNIFORM 20000 ROWS SEED 1');
    expect((await work.query(question)).answer).toMatchObject({ mode: 'approximate' });
    expect((await samplesShown())[0]).toMatchObject({ state: 'sound', trouble: null });
  });
});

test('a table that is itself a sample has nothing else to answer from', async () => {
  const path = await work.writeRows('survey.parquet', 'SELECT i AS x, 2.0 AS w FROM range(5000) t(i)');
  await work.query(`CREATE TABLE survey FROM '${path}' SAMPLED WEIGHT w`);
  flipValue(dataDir(), 'survey', 'x');
  await work.reopen();
  const error = await work.error('SELECT AVG(x) FROM survey');
  expect(error.code).toBe('DAMAGED_SAMPLE');
  expect(error.hint).toMatch(/DROP TABLE survey/);
  await work.query('DROP TABLE survey');
  await work.query(`CREATE TABLE survey FROM '${path}' SAMPLED WEIGHT w`);
  expect(await work.values('SELECT AVG(x) FROM survey')).toEqual([[2499.5]]);
});
