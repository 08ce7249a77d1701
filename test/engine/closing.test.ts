import { expect, test } from 'vitest';
import { Workspace } from '../support/workspace.ts';

/* Engines that are closed while statements run. */

const rows = 400_000;
const statements = [
  'EXACT SELECT COUNT(*) FROM t a JOIN t b ON a.x > b.x',
  'SELECT AVG(x) FROM t WHERE y > 10 AT CONFIDENCE 95%',
  'SELECT MEDIAN(x) FROM t WHERE y > 10 ERROR WITHIN 5%',
  'CREATE SAMPLE new_one ON t UNIFORM 1000 ROWS',
  'SHOW SAMPLES',
];
/** Moments of closing, milliseconds behind the questions. */
const moments = [0, 0.5, 1, 2, 3, 5, 8, 12, 20, 35];

async function askAndClose(of: Workspace, statement: string, momentMs: number): Promise<string> {
  const work = await Workspace.open({}, { dataDir: of.path('data'), allowedPaths: [of.folder] });
  const asked = work.query(statement).then(
    () => 'answered',
    (error: unknown) => String((error as { code: unknown }).code),
  );
  await new Promise((resume) => setTimeout(resume, momentMs));
  await work.close();
  return await asked;
}

test.each(statements)('%s: answered or closed, and nothing is taken for damaged', async (statement) => {
  const work = await Workspace.open();
  await work.table('t', `SELECT i AS x, i % 1000 AS y FROM range(${rows}) t(i)`);
  await work.query('CREATE SAMPLE s ON t UNIFORM 300000 ROWS SEED 1');
  for (const [place, momentMs] of moments.entries()) {
    const asked = statement.replace('new_one', `u${place}`);
    expect(['answered', 'CANCELLED', 'CLOSED']).toContain(await askAndClose(work, asked, momentMs));
  }
  const result = await work.query('SELECT AVG(x) FROM t WHERE y > 10 AT CONFIDENCE 95%');
  expect(result.answer).toMatchObject({ mode: 'approximate', sample: { name: 's', rowsRead: 300_000 } });
  await work.close();
});
