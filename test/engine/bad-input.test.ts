import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workspace } from '../support/workspace.ts';
import { cases } from './bad-input-cases.ts';

/* What a user can get wrong: each gives a clear error with its place in the statement, and nothing is lost. */

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    'visits',
    "SELECT i AS id, i % 10 AS pages, i * 1.5 AS spent, 'p' || (i % 4) AS place, DATE '2020-01-01' + (i % 300)::INTEGER AS day FROM range(5000) t(i)",
  );
  await work.query('CREATE SAMPLE visits_sample ON visits UNIFORM 1000 ROWS SEED 3');
  await work.writeRows('whole.parquet', 'SELECT i FROM range(100000) t(i)');
  const whole = readFileSync(work.path('whole.parquet'));
  work.write('half.parquet', whole.subarray(0, whole.length / 2));
  work.write('text.parquet', 'this is no Parquet file');
  work.write('empty.csv', '');
  work.write('notes.xyz', 'a,b');
});
afterAll(() => work.close());

const inFolder = (text: string): string => text.replaceAll('{folder}', work.folder);

for (const [what, template, code, placeTemplate, message, hint] of cases) {
  test(what, async () => {
    const [sql, place] = [inFolder(template), inFolder(placeTemplate)];
    const error = await work.error(sql);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    if (hint !== undefined) expect(error.hint).toMatch(hint);
    expect(sql.slice(error.span!.start, error.span!.end)).toBe(place);
  });
}

test('nothing was lost by any of it', async () => {
  for (const [, template] of cases) await work.error(inFolder(template));
  const tables = await work.values('SHOW TABLES');
  expect(tables.map(([name]) => name)).toEqual(['visits']);
  const samples = await work.values('SHOW SAMPLES');
  expect(samples.map(([name]) => name)).toEqual(['visits_sample']);
  expect(await work.values('EXACT SELECT COUNT(*) FROM visits')).toEqual([[5000]]);
});

describe('division by zero is NULL', () => {
  test.each([
    ['exactly', 'EXACT SELECT SUM(spent) / COUNT(*) FILTER (WHERE pages > 99) FROM visits WHERE pages < 5'],
    ['from a sample', 'SELECT SUM(spent) / COUNT(*) FILTER (WHERE pages > 99) FROM visits WHERE pages < 5'],
    ['from strata totals', 'SELECT SUM(spent) / (COUNT(*) - COUNT(*)) FROM visits'],
    ['in a row', 'SELECT SUM(spent / (pages - pages)) FROM visits WHERE pages < 5'],
  ])('%s', async (_, sql) => {
    const [[cell]] = (await work.values(sql)) as [[unknown]];
    expect(cell === 0 ? null : cell).toBeNull();
  });
});

test('an empty CSV file is a table without rows', async () => {
  await work.query(`CREATE TABLE nothing FROM '${work.path('empty.csv')}'`);
  expect(await work.values('SELECT COUNT(*) FROM nothing')).toEqual([[0]]);
  await work.query('DROP TABLE nothing');
});

test('a statement after close is refused', async () => {
  const other = await Workspace.open();
  await other.engine.close();
  expect((await other.error('SHOW TABLES')).code).toBe('CLOSED');
  await other.close();
});
