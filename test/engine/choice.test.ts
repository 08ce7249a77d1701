import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Estimate, QueryResult } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  // Groups of very different sizes, with means that lie close together but for one.
  await work.table(
    't',
    `SELECT i AS id, 'g' || floor(sqrt(hash(i, 3) % 400))::INTEGER AS g, hash(i, 5) % 3000 AS rare,
       (hash(i, 1) % 1000)::INTEGER + CASE WHEN hash(i, 3) % 400 >= 361 THEN 100 ELSE 0 END AS x
     FROM range(100000) t(i)`,
  );
  await work.query('CREATE SAMPLE u ON t UNIFORM 20000 ROWS SEED 1');
}, 60_000);
afterAll(() => work.close());

const from = 'FROM t WHERE id > 10 GROUP BY g';
const ranks = ({ marks }: QueryResult): (boolean | null)[] => marks!.map(({ rankCertain }) => rankCertain);
const kept = ({ marks }: QueryResult): (boolean | null)[] => marks!.map(({ havingCertain }) => havingCertain);

describe('HAVING over estimates', () => {
  test('marks what straddles, and counts what it drops in doubt', async () => {
    const all = (await work.query(`SELECT g, COUNT(*) AS n ${from}`)).rows.map(([, n]) => n as Estimate);
    const threshold = 5000;
    const result = await work.query(`SELECT g, COUNT(*) AS n ${from} HAVING COUNT(*) > ${threshold}`);
    const straddles = ({ low, high }: Estimate): boolean => low! <= threshold && high! > threshold;
    expect(kept(result)).toEqual(result.rows.map(([, n]) => !straddles(n as Estimate)));
    expect(kept(result)).toContain(true);
    const inDoubt = all.filter(straddles);
    const dropped = inDoubt.filter(({ value }) => value! <= threshold).length;
    expect(kept(result).filter((each) => each === false)).toHaveLength(inDoubt.length - dropped);
    expect(result.answer.choice).toEqual({ droppedUncertain: dropped, coversMissingGroups: null });
    expect(inDoubt.length).toBeGreaterThan(0);
    expect(ranks(result).every((each) => each === null)).toBe(true);
  });

  test('speaks of what is not shown too, and of several conditions', async () => {
    const result = await work.query(
      `SELECT g ${from} HAVING AVG(x) > 550 AND (COUNT(*) > 100 OR SUM(x) IS NULL)`,
    );
    expect(result.rows).toEqual([['g19']]);
    expect(kept(result)).toEqual([true]);
    // Few rows of g0 match: nothing is certain of its average, so it may belong here.
    expect(result.answer.choice!.droppedUncertain).toBeGreaterThan(0);
  });

  test('is not marked where it goes by keys, or where the answer is exact', async () => {
    for (const sql of [
      `SELECT g, COUNT(*) ${from} HAVING g > 'g1'`,
      `SELECT g, COUNT(*) ${from}`,
      `SELECT g, COUNT(*) ${from} ORDER BY 2`,
      `SELECT g, COUNT(*) ${from} ORDER BY g LIMIT 3`,
      `EXACT SELECT g, COUNT(*) ${from} HAVING COUNT(*) > 5000 ORDER BY 2 LIMIT 2`,
    ]) {
      const { marks, answer } = await work.query(sql);
      expect([sql, marks, answer.choice]).toEqual([sql, null, null]);
    }
  });
});

describe('ORDER BY … LIMIT over estimates', () => {
  test('a rank is certain where no group left out reaches it', async () => {
    const all = (await work.query(`SELECT g, COUNT(*) AS n ${from} ORDER BY n DESC`)).rows.map(
      ([, n]) => n as Estimate,
    );
    const result = await work.query(`SELECT g, COUNT(*) AS n ${from} ORDER BY n DESC LIMIT 5`);
    const reached = Math.max(...all.slice(5).map(({ high }) => high!));
    expect(ranks(result)).toEqual(all.slice(0, 5).map(({ low }) => low! > reached));
    expect(new Set(ranks(result))).toEqual(new Set([true, false]));
    // A group that the sample missed has fewer rows than any of these.
    expect(result.answer).toMatchObject({ choice: { droppedUncertain: null, coversMissingGroups: true } });
  });

  test('with OFFSET also none before it', async () => {
    const all = (await work.query(`SELECT g, COUNT(*) AS n ${from} ORDER BY n DESC`)).rows.map(
      ([, n]) => n as Estimate,
    );
    const result = await work.query(`SELECT g, COUNT(*) AS n ${from} ORDER BY n DESC LIMIT 14 OFFSET 2`);
    const above = Math.min(...all.slice(0, 2).map(({ low }) => low!));
    const reached = Math.max(...all.slice(16).map(({ high }) => high!));
    expect(ranks(result)).toEqual(all.slice(2, 16).map(({ low, high }) => low! > reached && high! < above));
    expect(new Set(ranks(result))).toEqual(new Set([true, false]));
  });

  test('by an average: groups that were missed are not allowed for', async () => {
    const { answer, rows } = await work.query(
      `SELECT g, AVG(x) ${from} HAVING COUNT(*) > 2500 ORDER BY 2 DESC LIMIT 1`,
    );
    expect(rows[0]![0]).toBe('g19');
    expect(answer.missingGroupRowsMax).toBeGreaterThan(0);
    // … but where HAVING keeps none that small.
    expect(answer.choice!.coversMissingGroups).toBe(true);
    expect(
      (await work.query(`SELECT g, AVG(x) ${from} ORDER BY 2 DESC LIMIT 1`)).answer.choice!
        .coversMissingGroups,
    ).toBe(false);
  });

  test('a group whose interval is not certified may be anywhere', async () => {
    const certain = await work.query(
      `SELECT g, AVG(x) ${from} HAVING LOWER_BOUND(COUNT(*)) > 2500 ORDER BY 2 DESC LIMIT 1`,
    );
    expect(ranks(certain)).toEqual([true]);
    // A dozen rows of g0 match.
    const doubtful = await work.query(
      'SELECT g, AVG(x) FROM t WHERE rare < 800 GROUP BY g ORDER BY 2 DESC LIMIT 1',
    );
    expect(doubtful.answer.choice).not.toBeNull();
    expect(ranks(doubtful)).toEqual([false]);
  });

  test('nothing is left out, nothing is to be marked', async () => {
    const result = await work.query(`SELECT g, COUNT(*) AS n ${from} ORDER BY n LIMIT 100000`);
    expect(ranks(result).every((each) => each === null)).toBe(true);
  });

  test('too many groups are not judged, and the answer says so', async () => {
    const { marks, answer } = await work.query(
      'SELECT id % 30000 AS k, COUNT(*) AS n, AVG(x) AS a FROM t WHERE x < 5000 GROUP BY k HAVING a > 3 ORDER BY n DESC LIMIT 3',
    );
    expect(answer.mode).toBe('approximate');
    expect(marks).toBeNull();
    expect(answer.notes.join()).toMatch(/how sure the choice of groups is was not judged/);
  });

  test('JSON carries the marks', async () => {
    const result = await work.query(`SELECT g, COUNT(*) AS n ${from} ORDER BY n DESC LIMIT 2`);
    const json = JSON.parse(JSON.stringify(result)) as QueryResult;
    expect(json.marks).toEqual(result.marks);
    expect(json.marks).toHaveLength(2);
  });
});

describe('SIMULTANEOUS', () => {
  const sql = `SELECT g, COUNT(*) AS n, SUM(x) ${from}`;
  const estimates = ({ rows }: QueryResult): Estimate[] =>
    rows.flatMap(([, ...cells]) => cells as Estimate[]);

  test('each interval has the level at which all hold at once', async () => {
    const [pointwise, joint] = [
      await work.query(sql),
      await work.query(`${sql} AT CONFIDENCE 95% SIMULTANEOUS`),
    ];
    const count = pointwise.rows.length * 2;
    expect(pointwise.answer.intervals).toEqual({ kind: 'pointwise', confidence: 0.95, count });
    expect(joint.answer.intervals).toEqual({ kind: 'simultaneous', confidence: 0.95, count });
    const narrow = estimates(pointwise);
    for (const [place, wide] of estimates(joint).entries()) {
      expect(wide.confidence).toBeCloseTo(0.95 ** (1 / count), 12);
      expect(wide.value).toBe(narrow[place]!.value);
      expect(wide.high! - wide.low!).toBeGreaterThan(1.3 * (narrow[place]!.high! - narrow[place]!.low!));
      // What is certified at the higher level is so at the lower.
      if (wide.certified) expect(narrow[place]!.certified).toBe(true);
    }
    expect(estimates(joint).filter(({ certified }) => certified).length).toBeLessThan(narrow.filter(({ certified }) => certified).length); // prettier-ignore
  });

  test('cells are counted before HAVING and LIMIT', async () => {
    const few = await work.query(`${sql} HAVING COUNT(*) > 5000 ORDER BY n DESC LIMIT 2 SIMULTANEOUS`);
    const all = await work.query(`${sql} SIMULTANEOUS`);
    expect(few.answer.intervals!.count).toBe(all.answer.intervals!.count);
    const [row] = few.rows;
    expect(row).toEqual(all.rows.find(([g]) => g === row![0]));
  });

  test('a bound takes more rows', async () => {
    const bounded = `SELECT g, COUNT(*) AS n ${from} HAVING COUNT(*) > 6000 ERROR WITHIN 12%`;
    const [pointwise, joint] = [await work.query(bounded), await work.query(`${bounded} SIMULTANEOUS`)];
    for (const { answer } of [pointwise, joint]) {
      expect(answer).toMatchObject({ mode: 'approximate', met: true });
      expect(answer.achieved.maxRelativeError).toBeLessThanOrEqual(0.12);
    }
    expect(joint.answer.sample!.rowsRead).toBeGreaterThan(1.3 * pointwise.answer.sample!.rowsRead);
    expect(joint.answer.reason).toContain('±12 % at 95 % for all at once');
  });

  test('one number alone is as it is', async () => {
    const single = 'SELECT AVG(x) FROM t WHERE id > 10';
    expect((await work.query(`${single} SIMULTANEOUS`)).rows).toEqual((await work.query(single)).rows);
  });

  test('an exact answer has nothing to hold', async () => {
    const { answer, rows } = await work.query(`EXACT ${sql} SIMULTANEOUS`);
    expect(answer).toMatchObject({ mode: 'exact', intervals: null });
    expect(rows).toHaveLength(20);
    expect((await work.query('SELECT COUNT(*) FROM t SIMULTANEOUS')).answer.mode).toBe('precomputed');
  });
});
