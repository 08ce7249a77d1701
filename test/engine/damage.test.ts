import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEngine } from '../../src/index.ts';
import { flipValue } from '../support/sample-bytes.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
const dataDir = (): string => join(work.folder, 'data');

beforeEach(async () => {
  work = await Workspace.open();
  await work.table('t', "SELECT i AS x, 'g' || (i % 7) AS g FROM range(50000) t(i)");
});
afterEach(() => work.close());

const question = "SELECT SUM(x) FROM t WHERE g = 'g3'";

test('a damaged sample is left out by the statement that finds it, and by every process from then on', async () => {
  await work.query('CREATE SAMPLE s ON t UNIFORM 20000 ROWS SEED 1');
  expect((await work.query(question)).answer.mode).toBe('approximate');
  flipValue(dataDir(), 's', 'x');
  await work.reopen();
  const other = await openEngine({ dataDir: dataDir(), allowedPaths: [work.folder] });
  try {
    const found = await work.query(question);
    expect(found.answer).toMatchObject({ mode: 'exact', met: true, sample: null });
    expect(found.answer.reason).toMatch(/the sample s is damaged: the sample file .* is damaged in the/);
    expect((await other.query(question)).answer).toMatchObject({ mode: 'exact' });
    const [shown] = (await other.query('SHOW SAMPLES')).toObjects();
    expect(shown).toMatchObject({ sample: 's', state: 'damaged', trouble: expect.stringMatching(/damaged/) });
  } finally {
    await other.close();
  }
});
