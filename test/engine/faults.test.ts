import { afterEach, describe, expect, test } from 'vitest';
import { faultKinds } from '../support/faults.ts';
import { FaultTrial, type Scenario } from './fault-scenarios.ts';

/* The device fails at every call of a statement in turn: of files and of SQLite, once or from then on. */

const scenarios: readonly Scenario[] = [
  {
    name: 'build a sample',
    given: ['CREATE SAMPLE u ON t UNIFORM 500 ROWS SEED 3'],
    before: ['DROP SAMPLE IF EXISTS s'],
    statement: 'CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 400 SEED 1',
  },
];

const questions = [
  'SELECT COUNT(*) AS n, SUM(x) AS s FROM t WHERE x % 3 = 0 ERROR WITHIN 50%',
  'SELECT g, SUM(x) AS s FROM t WHERE x % 5 < 2 GROUP BY g ORDER BY g ERROR WITHIN 50%',
];

let trial: FaultTrial;
afterEach(() => trial.close());

describe.each(scenarios)('$name', (scenario) => {
  test.each(faultKinds)('$name', { timeout: 600_000 }, async (kind) => {
    trial = await FaultTrial.open(scenario, questions, (work) =>
      work.table('t', 'SELECT i AS x, i % 7 AS g FROM range(20000) t(i)'),
    );
    // What stays locked is tried for seconds before the statement gives up.
    for (const lasting of kind.name === 'locked' ? [false] : [false, true]) {
      const { rounds, errors } = await trial.everyCall(kind, lasting);
      expect(rounds).toBeGreaterThan(20);
      expect(errors).toBeGreaterThan(5);
    }
  });
});
