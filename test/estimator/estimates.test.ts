import { describe, expect, test } from 'vitest';
import { finish } from '../../src/common/index.ts';
import {
  lambertW,
  missingGroups,
  normalQuantile,
  smoothRefusal,
  tQuantile,
  chiSquareQuantile,
} from '../../src/estimator/index.ts';
import { type Dual, dualAlgebra, totalDual } from '../../src/estimator/dual.ts';
import { smoothValue, withoutRounding } from '../../src/estimator/smooth.ts';
import {
  type BoundExpression,
  doubleType,
  drawnDesign,
  type Moments,
  rewrite,
} from '../../src/plan/index.ts';
import { bindExpression } from '../support/bind.ts';

const columns = ['a', 'b', 'c'].map((name) => ({ name, type: doubleType }));

/** An expression over three aggregates, written with a, b and c for them. */
function overAggregates(sql: string): BoundExpression {
  return rewrite(bindExpression(sql, columns), (node) =>
    node.kind === 'column'
      ? { kind: 'slot', slot: 'aggregate', index: node.column, type: doubleType, span: node.span }
      : null,
  );
}

function valueAt(expression: BoundExpression, totals: readonly number[]): Dual | null {
  const aggregates = totals.map((total, place) => totalDual(total, place, totals.length));
  return smoothValue(expression, { totals: totals.length, aggregates, key: () => null });
}

describe('derivatives of outputs', () => {
  test.each([
    'a',
    '-a',
    'a + b * c',
    'a / b',
    '(a - b) / (a + b)',
    'sqrt(a * b)',
    'ln(a) - log10(b) + log2(c)',
    'exp(a / 10) * 3',
    'a ^ 3 + c',
    'a / b - (a / b) * (c / b)',
    'coalesce(a, 0) / nullif(b, 0)',
    'CAST(a AS DOUBLE) * 2.5',
    '1 / a',
  ])('%s', (sql) => {
    const expression = overAggregates(sql);
    expect(smoothRefusal(expression)).toBeNull();
    const at = [7.5, 3.25, 11];
    const { value, gradient } = valueAt(expression, at)!;
    for (const place of at.keys()) {
      const step = 1e-6;
      const moved = (by: number): number =>
        valueAt(
          expression,
          at.map((total, other) => (other === place ? total + by : total)),
        )!.value;
      expect(gradient[place]).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 5);
    }
    expect(Number.isFinite(value)).toBe(true);
  });

  test('of a square root at zero is taken for none', () => {
    expect([...dualAlgebra(1).squareRoot(totalDual(0, 0, 1)).gradient]).toEqual([0]);
  });

  test.each([
    ['a / b', [1, 0, 0]],
    ['ln(a)', [0, 1, 1]],
    ['sqrt(a - b)', [1, 2, 0]],
    ['nullif(a, 1) + b', [1, 1, 1]],
  ])('%s has no value outside its domain', (sql, at) => {
    expect(valueAt(overAggregates(sql), at)).toBeNull();
  });

  test.each([
    'a % 3',
    'CASE WHEN a > 1 THEN b ELSE c END',
    'abs(a)',
    'greatest(a, b)',
    'round(a) + b',
    "CASE WHEN a > 1 THEN 'x' ELSE 'y' END",
  ])('%s is refused', (sql) => {
    expect(smoothRefusal(overAggregates(sql))).not.toBeNull();
  });

  test('rounding goes around, for value and ends alike', () => {
    const expression = overAggregates('round(a / b, 1)');
    expect(smoothRefusal(expression)).toBeNull();
    const { inner, monotone } = withoutRounding(expression);
    const dual = smoothValue(inner, {
      totals: 2,
      aggregates: [totalDual(10, 0, 2), totalDual(3, 1, 2)],
      key: () => null,
    });
    expect(dual!.value).toBeCloseTo(10 / 3);
    expect([3.04, 3.05, 3.36].map(monotone!)).toEqual([3, 3.1, 3.4]);
  });
});

describe('quantiles', () => {
  // From printed tables: Abramowitz and Stegun, 26.5 to 26.10.
  test.each([
    [0.975, 1, 12.706204736],
    [0.975, 10, 2.228138852],
    [0.995, 5, 4.032142984],
    [0.975, 1e12, 1.959963985],
  ])('t(%f; %f)', (p, df, expected) => expect(tQuantile(p, df)).toBeCloseTo(expected, 7));
  test.each([
    [0.2, 10, 6.17907926],
    [0.975, 4, 11.14328678],
  ])('χ²(%f; %f)', (p, df, expected) => expect(chiSquareQuantile(p, df)).toBeCloseTo(expected, 6));
  test('normal', () => expect(normalQuantile(0.95)).toBeCloseTo(1.644853627, 8));
});

test.each([0, 0.1, 1, Math.E, 100, 1e9])('W(%f) · e^W(%f) is the argument', (x) => {
  const w = lambertW(x);
  expect(w * Math.exp(w)).toBeCloseTo(x, x > 1e6 ? 1 : 9);
});

describe('groups that cannot be shown', () => {
  /** Moments that say just how often each group was seen, in one stratum. */
  const seen = (
    counts: readonly number[],
    population: number,
    read: number,
    groupsByStratum = false,
  ): Moments => ({
    layout: {
      measures: [],
      totals: [],
      monomials: [[]],
      totalSlot: [],
      design: drawnDesign,
      weightMeasure: null,
      weightedSlot: [],
      slots: new Map([['', 0]]),
      keyed: null,
    },
    centres: new Float64Array(0),
    population: [],
    joint: [],
    cellCount: counts.length,
    cellGroup: Int32Array.from(counts, (_, group) => group),
    cellStratum: new Int32Array(counts.length),
    sums: Float64Array.from(counts),
    groupCount: counts.length,
    populationRows: Float64Array.of(population),
    weightMax: null,
    rowsRead: Float64Array.of(read),
    included: Uint8Array.of(1),
    constantInStratum: [],
    groupsByStratum,
    keys: null,
  });
  test('none where strata tell the groups, or all was read', () => {
    expect(finish(missingGroups(seen([5, 3], 100, 8, true), 0.95))).toEqual({
      groupRowsMax: 0,
      rowsMax: 0,
    });
    expect(finish(missingGroups(seen([60, 40], 100, 100), 0.95))).toEqual({
      groupRowsMax: 0,
      rowsMax: 0,
    });
  });

  test('by the formulas of the design', () => {
    const counts = [50, 30, 1, 1, 2];
    const weight = 10_000 / 84;
    const { groupRowsMax, rowsMax } = finish(missingGroups(seen(counts, 10_000, 84), 0.95));
    expect(groupRowsMax).toBeCloseTo(weight * lambertW(10_000 / (weight * 0.05)));
    expect(rowsMax).toBeCloseTo(
      2 * weight + normalQuantile(0.95) * weight * Math.sqrt(2 + 2) + weight * Math.log(20),
    );
  });

  test('never more than the population', () => {
    expect(finish(missingGroups(seen([1, 1], 30, 2), 0.95))).toEqual({
      groupRowsMax: 30,
      rowsMax: 30,
    });
  });
});
