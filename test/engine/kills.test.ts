import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../src/common/index.ts';
import { bundleProcess } from '../leases/processes/bundle.ts';
import { type KillOutcome, type KillScenario, KillTrials } from './kills/kill-trials.ts';

/*
 * Processes killed (SIGKILL) at random moments of statements, DuckDB at work included. A few rounds here; `npm run kills` does as
 * many as the design asks for, and shows what came of them.
 */
const isFull = process.env['MODE'] === 'kills';
const rounds = isFull ? 500 : 14;

const build = 'CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 20000 SEED 1';
const other = 'CREATE SAMPLE s ON t UNIFORM 50000 ROWS SEED 2';
const table = "CREATE TABLE v FROM '$/v.csv'";
const scenarios: readonly KillScenario[] = [
  { name: 'build', before: ['DROP SAMPLE IF EXISTS s'], statements: [build] },
  { name: 'replace', before: ['DROP SAMPLE IF EXISTS s', other], statements: ['DROP SAMPLE s', build] },
  {
    name: 'refresh',
    arrange: (folder) => rmSync(`${folder}/w/2.parquet`, { force: true }),
    before: [
      'DROP TABLE IF EXISTS w',
      "CREATE TABLE w FROM '$/w/*.parquet'",
      'CREATE SAMPLE q ON w UNIFORM 20000 ROWS SEED 1',
      'CREATE SAMPLE r2 ON w STRATIFIED BY (g) CAP 5000 SEED 1',
    ],
    disturb: (folder) => copyFileSync(`${folder}/w2.parquet`, `${folder}/w/2.parquet`),
    statements: ['REFRESH SAMPLES ON w'],
  },
  {
    name: 'create table, build',
    before: ['DROP TABLE IF EXISTS v', 'DROP SAMPLE IF EXISTS s'],
    statements: [table, 'CREATE SAMPLE r ON v UNIFORM 20000 ROWS SEED 1'],
  },
  {
    name: 'drop table',
    before: ['DROP TABLE IF EXISTS v', table, 'CREATE SAMPLE r ON v UNIFORM 20000 ROWS SEED 1'],
    statements: ['DROP TABLE v'],
  },
  {
    name: 'table that is a sample',
    before: ['DROP TABLE IF EXISTS v'],
    statements: [`${table} SAMPLED POPULATION n`],
  },
  {
    name: 'query, sort, drop',
    before: ['DROP TABLE IF EXISTS v', 'DROP SAMPLE IF EXISTS s', build],
    statements: [
      'SELECT SUM(x) FROM t WHERE x % 11 = 0 ERROR WITHIN 10%',
      'EXACT SELECT COUNT(DISTINCT hash) FROM t',
      'DROP SAMPLE s',
    ],
  },
];
const questions = [
  'SELECT COUNT(*) AS n, SUM(x) AS s FROM t WHERE x % 3 = 0 ERROR WITHIN 50%',
  'SELECT g, SUM(x) AS s FROM t GROUP BY g ORDER BY g ERROR WITHIN 50%',
  'SELECT COUNT(*) AS n, SUM(y) AS s FROM v WHERE y % 3 = 0 ERROR WITHIN 50%',
  'SELECT g, COUNT(*) AS n, SUM(z) AS s FROM w WHERE z % 3 < 2 GROUP BY g ORDER BY g ERROR WITHIN 50%',
];

let bundle: Awaited<ReturnType<typeof bundleProcess>>;
let trials: KillTrials;
beforeAll(async () => {
  bundle = await bundleProcess('test/engine/kills/statement-process.ts');
  trials = await KillTrials.open(bundle.program, questions, async (work) => {
    await work.table('t', 'SELECT i AS x, i % 7 AS g, md5(i::VARCHAR) AS hash FROM range(1000000) t(i)');
    mkdirSync(work.path('w'));
    await work.writeRows('w/1.parquet', 'SELECT i AS z, i % 5 AS g FROM range(400000) t(i)');
    await work.writeRows('w2.parquet', 'SELECT i AS z, i % 6 AS g FROM range(400000, 500000) t(i)');
    await work.writeRows('v.csv', 'SELECT i AS y, 600000 AS n FROM range(300000) t(i)', 'FORMAT csv, HEADER');
  });
});
afterAll(async () => {
  await trials.close();
  await bundle.remove();
});

test('who is killed leaves the old state or the new one', { timeout: 3_600_000 }, async () => {
  const random = seededRandom(rounds);
  const outcomes: KillOutcome[] = [];
  for (const [place, scenario] of scenarios.entries())
    outcomes.push(
      await trials.kill(scenario, Math.floor((rounds - place - 1) / scenarios.length) + 1, random),
    );
  if (isFull) console.table(outcomes.map(({ wrong, ...counts }) => ({ ...counts, wrong: wrong.length })));
  expect(outcomes.flatMap(({ name, wrong }) => wrong.map((what) => `${name}: ${what}`))).toEqual([]);
  const sum = (of: (outcome: KillOutcome) => number): number =>
    outcomes.reduce((all, each) => all + of(each), 0);
  expect(sum((each) => each.rounds)).toBe(rounds);
  // Else nothing was tested.
  expect(sum(({ inFlight }) => inFlight)).toBeGreaterThan(rounds / 2);
  expect(Math.max(...outcomes.map(({ leaseMs }) => leaseMs))).toBeLessThanOrEqual(30_000);
});
