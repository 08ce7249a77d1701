import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { faultKinds } from '../support/faults.ts';
import { FaultTrial, type Scenario } from './fault-scenarios.ts';

/*
 * The device fails at every call of a statement in turn: of files and of SQLite, once or from then on. Here at some calls, in two ways;
 * `npm run faults` lets every call fail in every way.
 */
const isFull = process.env['MODE'] === 'faults';
const kinds = isFull ? faultKinds : faultKinds.slice(0, 2);
const strideOf = ({ isSlow }: Scenario): number => (isFull ? 1 : isSlow === true ? 29 : 7);

const questions = [
  'SELECT COUNT(*) AS n, SUM(x) AS s FROM t WHERE x % 3 = 0 ERROR WITHIN 50%',
  'SELECT g, SUM(x) AS s FROM t WHERE x % 5 < 2 GROUP BY g ORDER BY g ERROR WITHIN 50%',
  'SELECT COUNT(*) AS n, SUM(y) AS s FROM v WHERE y % 3 = 0 ERROR WITHIN 50%',
  'SELECT g, COUNT(*) AS n, SUM(z) AS s FROM w WHERE z % 3 < 2 GROUP BY g ORDER BY g ERROR WITHIN 50%',
];

const csv = "CREATE TABLE v FROM '$/v.csv'";
const scenarios: readonly Scenario[] = [
  {
    name: 'build a sample',
    given: ['CREATE SAMPLE u ON t UNIFORM 400 ROWS SEED 3'],
    before: ['DROP SAMPLE IF EXISTS s'],
    statement: 'CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 100 SEED 1',
  },
  {
    name: 'refresh the samples of a table',
    isSlow: true,
    given: [],
    arrange: (folder) => rmSync(`${folder}/w/2.parquet`, { force: true }),
    before: [
      'DROP TABLE IF EXISTS w',
      "CREATE TABLE w FROM '$/w/*.parquet'",
      'CREATE SAMPLE q ON w UNIFORM 200 ROWS SEED 1',
      'CREATE SAMPLE r ON w STRATIFIED BY (g) CAP 20 SEED 1',
    ],
    disturb: (folder) => copyFileSync(`${folder}/w2.parquet`, `${folder}/w/2.parquet`),
    statement: 'REFRESH SAMPLES ON w',
  },
  {
    name: 'drop a sample that is read',
    given: ['CREATE SAMPLE u ON t UNIFORM 400 ROWS SEED 3'],
    before: ['CREATE SAMPLE IF NOT EXISTS s ON t STRATIFIED BY (g) CAP 100 SEED 1', ...questions.slice(0, 2)],
    statement: 'DROP SAMPLE s',
  },
  {
    name: 'drop a table with its samples',
    given: [],
    before: [
      csv.replace('TABLE', 'TABLE IF NOT EXISTS'),
      'CREATE SAMPLE IF NOT EXISTS s ON v UNIFORM 300 ROWS SEED 1',
      'SELECT SUM(y) FROM v WHERE y % 3 = 0 ERROR WITHIN 50%',
    ],
    statement: 'DROP TABLE v',
  },
  {
    name: 'open an engine',
    given: ['CREATE SAMPLE u ON t UNIFORM 400 ROWS SEED 3'],
    before: [],
    statement: null,
  },
  { name: 'make a table of CSV', given: [], before: ['DROP TABLE IF EXISTS v'], statement: csv },
  {
    name: 'make a table that is a sample',
    given: [],
    before: ['DROP TABLE IF EXISTS v'],
    statement: `${csv} SAMPLED POPULATION n`,
  },
];

let trial: FaultTrial;
afterEach(() => trial.close());

describe.each(scenarios)('$name', (scenario) => {
  // A machine that does other work beside takes many times as long.
  test.each(kinds)('$name', { timeout: 3_600_000 }, async (kind) => {
    trial = await FaultTrial.open(scenario, questions, async (work) => {
      await work.table('t', 'SELECT i AS x, i % 7 AS g FROM range(4000) t(i)');
      mkdirSync(work.path('w'));
      await work.writeRows('w/1.parquet', 'SELECT i AS z, i % 5 AS g FROM range(1000) t(i)');
      await work.writeRows('w2.parquet', 'SELECT i AS z, i % 6 AS g FROM range(1000, 1300) t(i)');
      await work.writeRows('v.csv', 'SELECT i AS y, 5000 AS n FROM range(1000) t(i)', 'FORMAT csv, HEADER');
    });
    const stride = strideOf(scenario);
    // What stays locked is tried for seconds before the statement gives up.
    for (const lasting of kind.name === 'locked' ? [false] : [false, true]) {
      const { rounds, errors } = await trial.everyCall(kind, lasting, stride);
      if (isFull) console.log(`${scenario.name}, ${kind.name}${lasting ? ' from then on' : ''}: ${rounds} rounds, ${errors} errors`); // prettier-ignore
      expect(rounds).toBeGreaterThan(10 / stride);
      expect(errors).toBeGreaterThan(kind.name === 'locked' ? 0 : 3 / stride);
    }
  });
});
