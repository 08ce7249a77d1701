import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/common/index.ts';
import { EstimateColumns } from '../../src/estimator/estimate-columns.ts';
import { groupStarts } from '../../src/estimator/index.ts';
import { foreseenOf } from '../../src/estimator/sizing.ts';
import { isSuspect } from '../../src/estimator/hill.ts';
import { ShownEstimates } from '../../src/estimator/shown-estimates.ts';
import { bigintType, doubleType } from '../../src/plan/index.ts';
import { arrayScan } from '../support/array-scan.ts';
import { askSample, bindAggregate, type SampleReply } from '../support/ask-sample.ts';
import { buildInMemory } from '../support/build.ts';

/* What is put into columns comes out as it was: of strata read whole, nearly whole and in part, of groups of one row and of many. */

const random = seededRandom(5);
const sizes = [3, 150, 199, 201, 210, 300, 900, 5000];
const rows = sizes.flatMap((size, g) =>
  Array.from({ length: size }, () => ({ g, h: Math.floor(40 * random.next() ** 3), x: (1 - random.next()) ** (g === 6 ? -0.7 : -0.1) })),
); // prettier-ignore
const columns = [
  { name: 'g', type: bigintType },
  { name: 'h', type: bigintType },
  { name: 'x', type: doubleType },
];

async function ask(key: string): Promise<SampleReply> {
  const values = [rows.map(({ g }) => g), rows.map(({ h }) => h), rows.map(({ x }) => x)];
  const priorities = BigUint64Array.from(rows, () => BigInt(Math.floor(random.next() * 2 ** 53)));
  const method = { kind: 'stratified', columns: ['g'], cap: 200 } as const;
  const sample = await buildInMemory(arrayScan({ columns, values }, { priorities }), method);
  const shown = 'COUNT(*), SUM(x), AVG(x), ROUND(AVG(x), 1), SUM(x) / COUNT(*), VAR_SAMP(x)';
  const query = bindAggregate(`SELECT ${key}, ${shown} FROM t WHERE x > 1.05 GROUP BY ${key}`, columns);
  return await askSample(sample, query);
}

describe.each(['g', 'h'])('estimates by %s', (key) => {
  test('are as they were put', async () => {
    const { groups, moments } = await ask(key);
    expect(groups.length).toBeGreaterThan(5);
    const starts = groupStarts(moments);
    const [reasons, tables] = [new Set<string>(), new Set<unknown>()];
    for (const [place, { prepared }] of groups[0]!.estimates.entries()) {
      const kept = new EstimateColumns(prepared, 0.95, starts);
      const first = groups[0]!.group;
      expect(kept.isMade(first)).toBe(false);
      for (const { group, estimates } of groups) kept.put(group, estimates[place]!);
      expect(kept.isMade(first)).toBe(true);
      for (const { group, estimates } of groups) {
        const own = estimates[place]!;
        for (const reason of own.estimate.reasons) reasons.add(reason);
        if (place === 2) tables.add(own.contributions.table);
        expect(kept.at(group)).toStrictEqual(own);
        expect(Object.keys(kept.shown.at(group))).toEqual(Object.keys(own.estimate));
        expect(kept.isSuspect(group)).toBe(isSuspect(own));
        const foreseen = kept.foreseenAt(group);
        const { value, stdError, support, exact, confidence, contributions, df, tail } = foreseenOf(own);
        expect(foreseen).toMatchObject({ value, stdError, support, exact, confidence, df, tail });
        expect(foreseen.reasons).toEqual(own.estimate.reasons);
        expect(foreseen.contributions).toStrictEqual(contributions);
      }
    }
    expect(reasons.size).toBeGreaterThan(1);
    // Of AVG: none where all rows were read, and those of strata as they were read, or as if in half.
    if (key === 'g') expect(tables.size).toBe(3);
  });

  test('stay what they are for who shares them, and say together what each says', async () => {
    const { groups, moments } = await ask(key);
    for (const [place, { prepared }] of groups[0]!.estimates.entries()) {
      const kept = new EstimateColumns(prepared, 0.95, groupStarts(moments));
      const estimates = groups.map((group) => group.estimates[place]!.estimate);
      for (const { group, estimates: own } of groups) kept.put(group, own[place]!);
      const shared = kept.share();
      const copied = new ShownEstimates(groups.length, 0.95);
      for (const [row, { group }] of groups.entries()) copied.copy(row, shared, group);
      const [first, last] = [groups[0]!, groups.at(-1)!];
      kept.put(first.group, last.estimates[place]!);
      expect(kept.shown.at(first.group)).toEqual(estimates.at(-1));
      expect(groups.map(({ group }) => shared.at(group))).toEqual(estimates);
      expect(copied.slice(0, groups.length)).toEqual(estimates);
      expect(copied.slice(1, 3)).toEqual(estimates.slice(1, 3));
      const unpacked = ShownEstimates.unpack(structuredClone(copied.pack()));
      expect(unpacked.slice(0, unpacked.length)).toEqual(estimates);
      const errors = estimates.map(({ relativeError }) => relativeError);
      for (const to of [0, 1, 3, errors.length]) {
        const own = errors.slice(0, to);
        const largest = own.includes(null) ? null : Math.max(0, ...own.map(Number));
        expect(copied.largestRelativeError(0, to)).toBe(largest);
      }
      for (const reason of ['LOW_SUPPORT', 'ZERO_VARIANCE', 'OUT_OF_TIME'] as const)
        expect(copied.says(reason)).toBe(estimates.some(({ reasons }) => reasons.includes(reason)));
      expect(estimates.map((_, row) => copied.isCertified(row))).toEqual(estimates.map((each) => each.certified)); // prettier-ignore
      expect(estimates.some((_, row) => copied.isOutOfTime(row))).toBe(false);
    }
  });
});

test('estimates for which there was no time are told apart', () => {
  const shown = new ShownEstimates(3, 0.95);
  const none = { low: null, high: null, stdError: null, exact: false, confidence: 0.95, support: 4 } as const;
  shown.put(0, { ...none, value: 1, reasons: ['OUT_OF_TIME'] });
  shown.put(1, { ...none, value: 1, low: 0, high: 2, reasons: ['OUT_OF_TIME'] });
  expect([shown.has(0), shown.has(1), shown.has(2)]).toEqual([true, true, false]);
  expect([shown.isOutOfTime(0), shown.isOutOfTime(1), shown.says('OUT_OF_TIME')]).toEqual([true, false, true]); // prettier-ignore
  for (const place of [0, 1]) shown.put(place, { ...none, value: 1, reasons: [] });
  expect(shown.says('OUT_OF_TIME')).toBe(false);
});
