import { describe, expect, test } from 'vitest';
import { formatMs } from '../../src/cli/format-number.ts';
import { renderAnswer } from '../../src/cli/render-answer.ts';
import { renderSummary } from '../../src/cli/render-summary.ts';
import { answer, estimate } from './support.ts';

const table = (...lines: string[]) => lines.join('\n');

describe('a table', () => {
  test('of every type', () => {
    const found = answer(
      [
        ['b', 'BOOLEAN'],
        ['i', 'BIGINT'],
        ['x', 'DOUBLE'],
        ['d', 'DECIMAL(5,2)'],
        ['t', 'TIMESTAMP'],
        ['z', 'TIMESTAMP WITH TIME ZONE'],
        ['day', 'DATE'],
        ['s', 'VARCHAR'],
      ],
      [
        [
          true,
          1999,
          0.1 + 0.2,
          2.5,
          '2001-02-03T04:05:06.500000',
          '2001-02-03T00:00:00.000000Z',
          '2001-02-03',
          'a',
        ],
        [null, '9007199254740993', 'NaN', -1234.5, null, null, null, null],
      ],
    );
    expect(renderAnswer(found, undefined)).toBe(
      table(
        ' b    │                     i │   x │         d │ t                     │ z                    │ day        │ s',
        '──────┼───────────────────────┼─────┼───────────┼───────────────────────┼──────────────────────┼────────────┼──────',
        ' true │                  1999 │ 0.3 │      2.50 │ 2001-02-03 04:05:06.5 │ 2001-02-03 00:00:00Z │ 2001-02-03 │ a',
        ' NULL │ 9,007,199,254,740,993 │ NaN │ -1,234.50 │ NULL                  │ NULL                 │ NULL       │ NULL',
      ),
    );
  });

  test('of groups and estimates: keys have no commas', () => {
    const found = answer(
      [
        ['id', 'BIGINT', 'group'],
        ['n', 'BIGINT', 'estimate'],
      ],
      [
        [123_456, estimate({ value: 152_194, low: 149_094, high: 155_294 })],
        [7, estimate({ value: 9.5, low: 5.5, high: 13.5, certified: false })],
      ],
    );
    expect(renderAnswer(found, undefined)).toBe(
      table(
        '     id │                 n',
        '────────┼───────────────────',
        ' 123456 │ 152,194 ± 3,100',
        '      7 │     9.5 ±   4.0 ?',
      ),
    );
  });

  test('without rows', () => {
    expect(
      renderAnswer(
        answer(
          [
            ['a', 'BIGINT'],
            ['b', 'VARCHAR'],
          ],
          [],
        ),
        undefined,
      ),
    ).toBe(table(' a │ b', '───┼───', '(no rows)'));
  });

  test('control characters and wide letters do not move the columns', () => {
    const rows = [
      ['日本\n語', 1],
      ['\u001b[31mred\u202e', 2],
      ['\u007f\u0085', 3],
    ];
    expect(
      renderAnswer(
        answer(
          [
            ['a\tb', 'VARCHAR'],
            ['n', 'BIGINT'],
          ],
          rows,
        ),
        undefined,
      ),
    ).toBe(table(' a␉b       │ n', '───────────┼───', ' 日本␊語   │ 1', ' ␛[31mred� │ 2', ' ␡�        │ 3'));
  });

  test('too wide for the screen is shown row by row', () => {
    const found = answer(
      [
        ['first', 'VARCHAR'],
        ['b', 'BIGINT'],
      ],
      [
        ['some text', 1],
        ['x', 20],
      ],
    );
    expect(renderAnswer(found, 15)).toBe(
      table('── row 1 ──', 'first  some text', 'b      1', '── row 2 ──', 'first  x', 'b      20'),
    );
    expect(renderAnswer(found, 16)).toContain('───┼───');
  });

  test('of too many rows ends with how many more there are', () => {
    const rows = Array.from({ length: 3500 }, (_, row) => [row]);
    const lines = renderAnswer(answer([['n', 'BIGINT']], rows), undefined).split('\n');
    expect(lines).toHaveLength(1003);
    expect(lines.at(-1)).toBe('… 2,500 more rows, which --format csv would give');
  });
});

describe('the summary', () => {
  const approximate = {
    mode: 'approximate',
    sample: { name: 's', version: 1, rowsRead: 12_288, rowsInSample: 195_281, populationRows: 3_000_000 },
    intervals: { kind: 'pointwise', confidence: 0.95, count: 3 },
  } as const;
  const cells = (...estimates: ReturnType<typeof estimate>[]) => estimates.map((each) => ['g', each]);
  const grouped = [
    ['g', 'VARCHAR', 'group'],
    ['n', 'BIGINT', 'estimate'],
  ] as const;

  test('of a sampled answer', () => {
    const found = answer(grouped, cells(estimate({ confidence: 0.9 })), {
      ...approximate,
      intervals: { kind: 'pointwise', confidence: 0.9, count: 1 },
    });
    expect(renderSummary(found, 'select')).toBe('≈ 90 % · s: 12,288 of 195,281 rows · 4.1 ms');
  });

  test('of an exact answer, and of a command', () => {
    const found = answer([['n', 'BIGINT']], [[1]]);
    expect(renderSummary(found, 'SELECT 1')).toBe('exact · 4.1 ms · because');
    expect(renderSummary(found, 'SHOW tables')).toBe('because · 4.1 ms');
  });

  test('tells what was missed, missing and not certified', () => {
    const doubtful = { certified: false, reasons: ['LOW_SUPPORT', 'NEW_REASON'] as never[] };
    const found = answer(grouped, cells(estimate(doubtful), estimate(doubtful), estimate({})), {
      ...approximate,
      met: false,
      missingGroupRowsMax: 682.6,
      missingRowsMax: 1234,
      notes: ['the bound was\u001b missed'],
    });
    expect(renderSummary(found, 'select')).toBe(
      table(
        '? not certified: LOW_SUPPORT (few matching rows), NEW_REASON',
        '≈ 95 % · s: 12,288 of 195,281 rows · 4.1 ms · what was asked for was not reached',
        'groups that the sample missed have at most 683 rows each, 1,234 in all',
        'note: the bound was␛ missed',
      ),
    );
  });

  test('marks rows that may not belong there, and says how many others may', () => {
    const found = answer(
      grouped,
      cells(estimate({ value: 1 }), estimate({ value: 2 }), estimate({ value: 3 }), estimate({ value: 4 })),
      { ...approximate, choice: { droppedUncertain: 2, coversMissingGroups: true } },
      [
        { havingCertain: true, rankCertain: true },
        { havingCertain: false, rankCertain: true },
        { havingCertain: true, rankCertain: false },
        { havingCertain: false, rankCertain: false },
      ],
    );
    expect(renderAnswer(found, undefined)).toBe(
      table(
        ' g │     n │',
        '───┼───────┼────',
        ' g │ 1 ± ? │',
        ' g │ 2 ± ? │ ~',
        ' g │ 3 ± ? │ ↕',
        ' g │ 4 ± ? │ ~↕',
      ),
    );
    expect(renderSummary(found, 'select')).toBe(
      table(
        '~ HAVING: intervals leave open whether the row belongs here',
        '↕ ORDER BY … LIMIT: intervals leave open whether the row belongs here',
        'HAVING left out 2 groups that may belong here',
        '≈ 95 % · s: 12,288 of 195,281 rows · 4.1 ms',
      ),
    );
  });

  test('has no marks where all rows are certain', () => {
    const certain = answer(
      grouped,
      cells(estimate({ value: 1 })),
      { ...approximate, choice: { droppedUncertain: 0, coversMissingGroups: null } },
      [{ havingCertain: true, rankCertain: null }],
    );
    expect(renderAnswer(certain, undefined)).toBe(table(' g │     n', '───┼───────', ' g │ 1 ± ?'));
    expect(renderSummary(certain, 'select')).toBe('≈ 95 % · s: 12,288 of 195,281 rows · 4.1 ms');
  });

  test('says what SIMULTANEOUS intervals hold', () => {
    const found = answer(grouped, cells(estimate({ confidence: 0.9987 })), {
      ...approximate,
      intervals: { kind: 'simultaneous', confidence: 0.95, count: 1040 },
    });
    expect(renderSummary(found, 'select')).toBe(
      '≈ 95 % for all 1,040 intervals at once · s: 12,288 of 195,281 rows · 4.1 ms',
    );
  });

  test('without groups none can be missing', () => {
    const found = answer([['n', 'BIGINT', 'estimate']], [[estimate({})]], {
      ...approximate,
      missingGroupRowsMax: 5,
    });
    expect(renderSummary(found, 'select')).not.toContain('missed');
  });
});

test.each([
  [0.04, '<0.1 ms'],
  [4.14, '4.1 ms'],
  [9.96, '10 ms'],
  [81.4, '81 ms'],
  [999.6, '1.0 s'],
  [61_500, '61.5 s'],
])('%d ms is %s', (ms, text) => {
  expect(formatMs(ms)).toBe(text);
});
