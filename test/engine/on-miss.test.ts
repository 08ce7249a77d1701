import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Estimate, QueryResult } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

/*
 * The table of ON MISS in docs/sql.md, cell by cell; that deadlines are kept in every phase; that whoever cancels does not wait.
 */

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    't',
    "SELECT i AS id, (hash(i, 1) % 1000)::INTEGER AS x, 'g' || (hash(i, 2) % 4000) AS g FROM range(400000) t(i)",
  );
  await work.query('CREATE SAMPLE s ON t UNIFORM 100000 ROWS SEED 1');
}, 60_000);
afterAll(() => work.close());

const average = 'SELECT AVG(x) FROM t WHERE x < 500';
const groups = 'SELECT g, COUNT(*), AVG(x) FROM t WHERE x < 500 GROUP BY g';
const tooTight = `${average} ERROR WITHIN 0.01%`;
const onlyExact = 'SELECT COUNT(*) FROM t a JOIN t b ON a.x > b.x';
/** Takes DuckDB's two places for as long as `run` takes. */
async function whileSourceIsBusy<T>(run: () => Promise<T>): Promise<T> {
  const { engine } = work;
  const done = new AbortController();
  const { signal } = done;
  const busy = [1, 2].map(() => engine.query(`EXACT ${onlyExact}`, { signal }).catch(() => null));
  await new Promise((resume) => setTimeout(resume, 100));
  try {
    return await run();
  } finally {
    done.abort();
    await Promise.all(busy);
  }
}
const never = 'WITHIN 0.001 MILLISECONDS';
const ample = 'WITHIN 60 SECONDS';
const estimateOf = ({ rows }: QueryResult): Estimate => rows[0]![0] as Estimate;
const notesOf = ({ answer }: QueryResult): string => answer.notes.join('\n');

describe('ERROR WITHIN that no sample keeps', () => {
  test.each(['', 'ON MISS EXACT'])('EXACT, the default, asks the source [%s]', async (onMiss) => {
    const { answer } = await work.query(`${tooTight} ${onMiss}`);
    expect(answer).toMatchObject({ mode: 'exact', met: true, sample: null });
    expect(answer.reason).toMatch(/cannot keep ±0.01 %/);
  });
  test('BEST EFFORT reads the whole sample', async () => {
    const result = await work.query(`${tooTight} ON MISS BEST EFFORT`);
    expect(result.answer).toMatchObject({ mode: 'approximate', met: false, sample: { rowsRead: 100_000 } });
    expect(notesOf(result)).toMatch(/cannot keep ±0.01 %/);
  });
  test('FAIL is BOUND_MISSED', async () => {
    expect(await work.error(`${tooTight} ON MISS FAIL`)).toMatchObject({ code: 'BOUND_MISSED' });
  });
});

describe('a miss that was found before', () => {
  /** Whether the sample was tried, and not only the source asked. */
  const isTried = ({ answer }: QueryResult): boolean => answer.timings.estimateMs > 0;
  test('is not found again: the source is asked at once, until the samples change', async () => {
    const sql = 'SELECT AVG(x) FROM t WHERE x < 400 ERROR WITHIN 0.01%';
    const [first, second] = [await work.query(sql), await work.query(sql)];
    expect([first, second].map(isTried)).toEqual([true, false]);
    expect(second.answer).toMatchObject({ mode: 'exact', met: true, sample: null });
    expect(second.answer.reason).toBe(first.answer.reason);
    expect(second.rows).toEqual(first.rows);
    await work.query('CREATE SAMPLE another ON t UNIFORM 1000 ROWS SEED 2');
    expect(isTried(await work.query(sql))).toBe(true);
    await work.query('DROP SAMPLE another');
  });
  test('keeps nobody from the best of the sample who has a deadline, or watches', async () => {
    const inTime = `${tooTight} ${ample} ON MISS EXACT`;
    for (const _ of [1, 2]) expect(isTried(await work.query(inTime))).toBe(true);
    for (const _ of [1, 2]) await work.query(tooTight);
    expect(isTried(await work.query(tooTight))).toBe(false);
    const modes: string[] = [];
    for await (const { answer } of work.engine.stream(tooTight)) modes.push(answer.mode);
    expect(modes).toContain('approximate');
  });
});

describe('WITHIN', () => {
  test.each(['', 'ON MISS EXACT', 'ON MISS BEST EFFORT', 'ON MISS FAIL'])(
    'is met by a sampled answer in time, whatever ON MISS says [%s]',
    async (onMiss) => {
      const { answer } = await work.query(`${average} ${ample} ${onMiss}`);
      expect(answer).toMatchObject({ mode: 'approximate', met: true, notes: [] });
      expect(answer.sample!.rowsRead).toBe(100_000);
    },
  );
  test.each(['', 'ON MISS EXACT', 'ON MISS BEST EFFORT'])(
    'that is impossible gives what was read [%s]',
    async (onMiss) => {
      const result = await work.query(`${average} ${never} ${onMiss}`);
      expect(result.answer).toMatchObject({ mode: 'approximate', met: false });
      expect(result.answer.sample!.rowsRead).toBeLessThan(100_000);
      expect(estimateOf(result).low).not.toBeNull();
      expect(notesOf(result)).toMatch(/longer than the 0.001 ms asked for/);
    },
  );
  test('FAIL is DEADLINE_EXCEEDED', async () => {
    expect(await work.error(`${average} ${never} ON MISS FAIL`)).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });
  test.each(['', 'ON MISS EXACT', 'ON MISS BEST EFFORT', 'ON MISS FAIL'])(
    'where only the source can answer is DEADLINE_EXCEEDED at the deadline [%s]',
    async (onMiss) => {
      const error = await work.error(`${onlyExact} WITHIN 60 MILLISECONDS ${onMiss}`);
      expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    },
  );
  test('COUNT(DISTINCT) of a sample lies ready; FAIL does not want it', async () => {
    await whileSourceIsBusy(async () => {
      const distinct = 'SELECT COUNT(DISTINCT x) FROM t WHERE x < 500 WITHIN 300 MILLISECONDS';
      expect((await work.query(distinct)).answer).toMatchObject({ mode: 'approximate' });
      expect(await work.error(`${distinct} ON MISS FAIL`)).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    });
  });
});

describe('ERROR WITHIN and WITHIN', () => {
  test('EXACT gives the exact answer where it comes in time', async () => {
    const { answer } = await work.query(`${tooTight} ${ample} ON MISS EXACT`);
    expect(answer).toMatchObject({ mode: 'exact', met: true });
  });
  test('EXACT gives the best of the sample where the source is late', async () => {
    await whileSourceIsBusy(async () => {
      const result = await work.query(`${tooTight} WITHIN 500 MILLISECONDS ON MISS EXACT`);
      expect(result.answer).toMatchObject({ mode: 'approximate', met: false, sample: { rowsRead: 100_000 } });
      expect(notesOf(result)).toMatch(/cannot keep ±0.01 %.*\n.*exact answer was not ready/);
      expect(result.answer.achieved.elapsedMs).toBeGreaterThan(400);
    });
  });
  test.each(['', 'ON MISS BEST EFFORT'])(
    'BEST EFFORT, the default, reads on until the deadline [%s]',
    async (onMiss) => {
      const result = await work.query(`${tooTight} ${ample} ${onMiss}`);
      expect(result.answer).toMatchObject({ mode: 'approximate', met: false, sample: { rowsRead: 100_000 } });
      expect(notesOf(result)).toMatch(/cannot keep ±0.01 %/);
    },
  );
  test.each(['', 'ON MISS EXACT', 'ON MISS BEST EFFORT'])(
    'a deadline that comes first says so [%s]',
    async (onMiss) => {
      const result = await work.query(`${tooTight} ${never} ${onMiss}`);
      expect(result.answer).toMatchObject({ mode: 'approximate', met: false });
      expect(notesOf(result)).toMatch(/deadline came before the error bound was reached/);
    },
  );
  test('FAIL is BOUND_MISSED, which of them came first', async () => {
    const byError = await work.error(`${tooTight} ${ample} ON MISS FAIL`);
    expect(byError).toMatchObject({ code: 'BOUND_MISSED' });
    expect(byError.message).toMatch(/cannot keep/);
    const byTime = await work.error(`${tooTight} ${never} ON MISS FAIL`);
    expect(byTime).toMatchObject({ code: 'BOUND_MISSED' });
    expect(byTime.message).toMatch(/before the deadline/);
  });
  test('FAIL is DEADLINE_EXCEEDED where the bound is kept too late', async () => {
    const loose = `SELECT COUNT(*) FROM t WHERE x < 500 ERROR WITHIN 50% ${never}`;
    expect((await work.query(loose)).answer).toMatchObject({ mode: 'approximate', met: false });
    expect(await work.error(`${loose} ON MISS FAIL`)).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });
});

describe('time that runs out', () => {
  test('leaves groups without intervals, which says so; their values stand', async () => {
    const result = await work.query(`${groups} ${never}`);
    const cells = result.rows.map((row) => row[1] as Estimate);
    const unmade = cells.filter(({ reasons }) => reasons.includes('OUT_OF_TIME'));
    expect(unmade.length).toBeGreaterThan(cells.length / 2);
    for (const { value, low, high, stdError, relativeError, certified, support } of unmade) {
      expect({ low, high, stdError, relativeError, certified }).toEqual({
        low: null,
        high: null,
        stdError: null,
        relativeError: null,
        certified: false,
      });
      expect(value).toBeCloseTo((support * 400_000) / result.answer.sample!.rowsRead, 6);
    }
    expect(result.answer.met).toBe(false);
    expect(notesOf(result)).toMatch(/no time for the intervals of [\d,]+ rows/);
    // Another time nothing is left out.
    const all = await work.query(`${groups} ${ample}`);
    expect(all.answer.met).toBe(true);
    expect(JSON.stringify(all.rows)).not.toContain('OUT_OF_TIME');
  });
});

describe('whoever cancels', () => {
  /** How long a rejection took, from the signal on. */
  async function rejection(sql: string, afterMs: number): Promise<number> {
    const controller = new AbortController();
    const running = work.engine.query(sql, { signal: controller.signal });
    let abortedMs = 0;
    setTimeout(() => {
      abortedMs = performance.now();
      controller.abort();
    }, afterMs);
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    return performance.now() - abortedMs;
  }
  test('does not wait for estimates', async () => {
    expect(await rejection(groups, 15)).toBeLessThan(50);
  });
  test('does not wait for the source', async () => {
    expect(await rejection(`EXACT ${onlyExact}`, 50)).toBeLessThan(50);
  });
  test('does not wait for a place', async () => {
    await whileSourceIsBusy(async () => {
      expect(await rejection('EXACT SELECT MAX(x) FROM t', 30)).toBeLessThan(50);
    });
  });
  test('leaves an engine that goes on', async () => {
    expect(await work.values(`EXACT ${average}`)).toEqual(await work.values(`${average} ERROR WITHIN 0.01%`));
  });
});
