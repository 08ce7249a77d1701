import { describe, expect, test } from 'vitest';
import { finish } from '../../src/common/index.ts';
import { ChoiceJudge } from '../../src/engine/choice.ts';
import { openReach } from '../../src/estimator/index.ts';
import { doubleType, varcharType } from '../../src/plan/index.ts';
import { bindAggregate } from '../support/ask-sample.ts';

/** What is known of a group: its key, and for each interval of the query its ends; null: NULL; undefined: nothing. */
interface Known {
  readonly key?: string;
  readonly ends: readonly (readonly [low: number, high: number] | null | undefined)[];
}

const columns = [
  { name: 'g', type: varcharType },
  { name: 'x', type: doubleType },
];
const none = { groupRowsMax: 0, rowsMax: 0 };
const exactly = (value: number): readonly [number, number] => [value, value];

function judge(
  sql: string,
  groups: {
    shown: readonly Known[];
    after?: readonly Known[];
    before?: readonly Known[];
    dropped?: readonly Known[];
  },
  missing = none,
) {
  const query = bindAggregate(sql, columns);
  const chosen = { after: [], before: [], dropped: [], ...groups };
  const judging = new ChoiceJudge(query).judge<Known>(
    chosen,
    ({ key, ends }) => ({
      interval(place) {
        const own = ends[place];
        return own === undefined ? openReach : own && { low: own[0], high: own[1], mayBeNull: false };
      },
      value: (expression) =>
        expression.kind === 'slot' ? key : expression.kind === 'constant' ? expression.value : undefined,
    }),
    missing,
  );
  const choice = finish(judging);
  return { ...choice, ranks: choice.marks.map(({ rankCertain }) => rankCertain) };
}

describe('ranks', () => {
  const byAverage = 'SELECT g, AVG(x) FROM t GROUP BY g ORDER BY 2 DESC LIMIT 2';
  test('are certain where intervals do not meet', () => {
    const shown = [{ ends: [[8, 9]] }, { ends: [[5, 7]] }] as const;
    expect(judge(byAverage, { shown, after: [{ ends: [[3, 6]] }] }).ranks).toEqual([true, false]);
    expect(judge(byAverage, { shown, after: [{ ends: [[3, 4]] }] }).ranks).toEqual([true, true]);
  });
  test('are not where one of those left out may be anything', () => {
    const shown = [{ ends: [[8, 9]] }, { ends: [[5, 7]] }] as const;
    expect(judge(byAverage, { shown, after: [{ ends: [undefined] }] }).ranks).toEqual([false, false]);
  });
  test('nor where two are equal', () => {
    const shown = [{ ends: [exactly(5)] }, { ends: [exactly(4)] }] as const;
    expect(judge(byAverage, { shown, after: [{ ends: [exactly(4)] }] }).ranks).toEqual([true, false]);
  });
  test('NULL stands where the order puts it', () => {
    const shown = [{ ends: [[8, 9]] }, { ends: [[5, 7]] }] as const;
    const after = [{ ends: [null] }] as const;
    expect(judge(byAverage, { shown, after }).ranks).toEqual([true, true]);
    const first = 'SELECT g, AVG(x) FROM t GROUP BY g ORDER BY 2 DESC NULLS FIRST LIMIT 2';
    expect(judge(first, { shown: [{ ends: [null] }, { ends: [[5, 7]] }], after: [{ ends: [[1, 4]] }] }).ranks).toEqual([true, true]); // prettier-ignore
    expect(judge(first, { shown: [{ ends: [null] }, { ends: [[5, 7]] }], after: [{ ends: [undefined] }] }).ranks).toEqual([false, false]); // prettier-ignore
  });
  test('a later item of the order decides where the first are equal, not where they may be', () => {
    const sql = 'SELECT g, AVG(x) FROM t GROUP BY g ORDER BY g, AVG(x) LIMIT 1';
    expect(judge(sql, { shown: [{ key: 'a', ends: [[1, 2]] }], after: [{ key: 'a', ends: [[3, 4]] }] }).ranks).toEqual([true]); // prettier-ignore
    expect(judge(sql, { shown: [{ key: 'a', ends: [[1, 2]] }], after: [{ key: 'a', ends: [[2, 4]] }] }).ranks).toEqual([false]); // prettier-ignore
    expect(judge(sql, { shown: [{ key: 'a', ends: [[5, 6]] }], after: [{ key: 'b', ends: [[1, 2]] }] }).ranks).toEqual([true]); // prettier-ignore
    const other = 'SELECT g, AVG(x) FROM t GROUP BY g ORDER BY AVG(x), g LIMIT 1';
    expect(judge(other, { shown: [{ key: 'a', ends: [[1, 3]] }], after: [{ key: 'b', ends: [[2, 4]] }] }).ranks).toEqual([false]); // prettier-ignore
    expect(judge(other, { shown: [{ key: 'a', ends: [exactly(1)] }], after: [{ key: 'b', ends: [exactly(1)] }] }).ranks).toEqual([true]); // prettier-ignore
  });
  test('what OFFSET skips must come before', () => {
    const sql = 'SELECT g, AVG(x) FROM t GROUP BY g ORDER BY 2 LIMIT 2 OFFSET 1';
    const shown = [{ ends: [[3, 5]] }, { ends: [[4, 6]] }] as const;
    expect(judge(sql, { before: [{ ends: [[1, 3.5]] }], shown, after: [{ ends: [[7, 8]] }] }).ranks).toEqual([false, true]); // prettier-ignore
  });
  test('where everything is shown there is nothing to say', () => {
    expect(judge(byAverage, { shown: [{ ends: [[8, 9]] }] }).ranks).toEqual([null]);
  });
});

describe('with HAVING', () => {
  const sql = 'SELECT g, AVG(x), COUNT(*) FROM t GROUP BY g HAVING COUNT(*) > 10 ORDER BY 2 DESC LIMIT 1';
  test('a group dropped in doubt may take the place', () => {
    const shown = [{ ends: [[8, 9], exactly(20)] }] as const;
    const rival = (low: number, high: number) => ({
      shown,
      dropped: [
        {
          ends: [
            [10, 11],
            [low, high],
          ] as const,
        },
      ],
    });
    expect(judge(sql, rival(5, 9))).toMatchObject({ ranks: [null], droppedUncertain: 0 });
    expect(judge(sql, rival(5, 12))).toMatchObject({ ranks: [false], droppedUncertain: 1 });
  });
  test('a row kept in doubt has no certain rank', () => {
    const shown = [
      {
        ends: [
          [8, 9],
          [9, 20],
        ],
      },
    ] as const;
    const { marks } = judge(sql, { shown, after: [{ ends: [[1, 2], exactly(30)] }] });
    expect(marks).toEqual([{ havingCertain: false, rankCertain: false }]);
  });
});

describe('groups that the sample missed', () => {
  const missing = { groupRowsMax: 15, rowsMax: 40 };
  test('have at most so many rows', () => {
    const sql = 'SELECT g, COUNT(*) FROM t GROUP BY g ORDER BY 2 DESC LIMIT 2';
    const shown = [{ ends: [[16, 20]] }, { ends: [[14, 18]] }] as const;
    expect(judge(sql, { shown }, missing)).toMatchObject({ ranks: [true, false], coversMissingGroups: true });
    expect(judge(sql, { shown }, none)).toMatchObject({ ranks: [null, null], coversMissingGroups: null });
  });
  test('come first by number of rows in ascending order', () => {
    const sql = 'SELECT g, COUNT(*) FROM t GROUP BY g ORDER BY 2 LIMIT 1';
    expect(judge(sql, { shown: [{ ends: [[2, 3]] }] }, missing)).toMatchObject({
      ranks: [false],
      coversMissingGroups: true,
    });
  });
  test('are not allowed for by their values', () => {
    const sql = 'SELECT g, AVG(x) FROM t GROUP BY g ORDER BY 2 DESC LIMIT 1';
    expect(judge(sql, { shown: [{ ends: [[2, 3]] }] }, missing)).toMatchObject({
      ranks: [true],
      coversMissingGroups: false,
    });
  });
  test('unless HAVING would drop them', () => {
    const atLeast = (rows: number): string =>
      `SELECT g, AVG(x) FROM t GROUP BY g HAVING COUNT(*) > ${rows} ORDER BY 2 DESC LIMIT 1`;
    const groups = {
      shown: [{ ends: [[2, 3], exactly(90)] }],
      after: [{ ends: [[0, 1], exactly(90)] }],
    } as const;
    expect(judge(atLeast(15), groups, missing)).toMatchObject({ ranks: [true], coversMissingGroups: true });
    expect(judge(atLeast(14), groups, missing)).toMatchObject({ ranks: [true], coversMissingGroups: false });
  });
  test('and do not matter where the LIMIT has room for all', () => {
    const sql = 'SELECT g, AVG(x) FROM t GROUP BY g ORDER BY 2 DESC LIMIT 41';
    expect(judge(sql, { shown: [{ ends: [[2, 3]] }] }, missing).ranks).toEqual([null]);
  });
});
