import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Estimate } from '../../src/index.ts';
import { sizesOf } from '../support/sample-sizes.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
});
afterAll(() => work.close());

const createTable = (name: string): Promise<unknown> =>
  work.query(`CREATE TABLE ${name} FROM '${work.path('part-*.parquet')}'`);

test('REFRESH SAMPLES nine times is one build of all ten parts, to the last digits', async () => {
  const rowsOf = (place: number): number => [3000, 5, 400, 1, 90, 700, 60, 1200, 33, 250][place]!;
  const uneven = (place: number): Promise<string> =>
    work.writeRows(
      `part-${place}.parquet`,
      `SELECT 'g' || ((i + ${place}) % ${3 + place}) AS g, (hash(i, ${place}) % 1000)::INTEGER AS x, (hash(i, ${place}) % 999)::DOUBLE / 7 - 50 AS y, ((i % 9)::DECIMAL(9, 2) / 4)::DECIMAL(9, 2) AS d FROM range(${rowsOf(place)}) t(i)`,
    );
  const answerOf = async (sql: string): Promise<readonly Estimate[]> => {
    const { rows } = await work.query(sql);
    return rows[0] as unknown as Estimate[]; // one row, and every output is an estimate
  };
  const totals = async (table: string): Promise<readonly (readonly unknown[])[]> => {
    const { rows, answer } = await work.query(
      `SELECT g, COUNT(*), SUM(x), MIN(x), MAX(x), MIN(y), MAX(y), SUM(d), SUM(y), AVG(y), STDDEV(y) FROM ${table} GROUP BY g ORDER BY g`,
    );
    expect(answer.mode).toBe('precomputed');
    return rows;
  };
  await uneven(0);
  await createTable('grown');
  await work.query('CREATE SAMPLE grown_s ON grown STRATIFIED BY (g) CAP 40 SEED 7');
  for (let place = 1; place < 10; place++) {
    await uneven(place);
    await work.query('REFRESH SAMPLES ON grown');
  }
  await createTable('fresh');
  await work.query('CREATE SAMPLE fresh_s ON fresh STRATIFIED BY (g) CAP 40 SEED 7');
  expect(await sizesOf(work, 'grown_s')).toEqual(await sizesOf(work, 'fresh_s'));
  const [merged, built] = [await totals('grown'), await totals('fresh')];
  // Counts, sums of whole numbers and of DECIMALs, extremes; then sums of doubles, of which the order of adding shows.
  const whole = 8;
  expect(merged.map((row) => row.slice(0, whole))).toEqual(built.map((row) => row.slice(0, whole)));
  for (const [group, row] of merged.entries())
    for (const [place, value] of row.slice(whole).entries()) {
      const wanted = Number(built[group]![whole + place]);
      expect(Math.abs(Number(value) - wanted)).toBeLessThanOrEqual(1e-12 * Math.abs(wanted));
    }
  const drawn = 'SELECT COUNT(*), SUM(x), AVG(y) FROM $ WHERE x < 700 AND y > -40';
  const [grown, fresh] = [await answerOf(drawn.replace('$', 'grown')), await answerOf(drawn.replace('$', 'fresh'))]; // prettier-ignore
  // The same rows; what is made of doubles hangs on the order in which the source has added them up.
  expect(grown.slice(0, 2)).toEqual(fresh.slice(0, 2));
  for (const end of ['value', 'low', 'high'] as const)
    expect(Math.abs(grown[2]![end]! - fresh[2]![end]!)).toBeLessThanOrEqual(
      1e-12 * Math.abs(fresh[2]![end]!),
    );
  expect(grown[2]!.support).toBe(fresh[2]!.support);
});
