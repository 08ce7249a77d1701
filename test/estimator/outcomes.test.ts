import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cellConfidence,
  comparedIn,
  type GroupReach,
  outcomesOf,
  reachOf,
  readCondition,
} from '../../src/estimator/index.ts';
import {
  type BoundExpression,
  doubleType,
  type Estimate,
  evaluate,
  rewrite,
  type Scalar,
} from '../../src/plan/index.ts';
import { bindExpression } from '../support/bind.ts';

/*
 * What conditions may come to where true values lie in intervals, against their plain values at every corner and at points inside.
 */

const columns = ['a', 'b', 'k'].map((name) => ({ name, type: doubleType }));

/** A condition over the aggregates a and b and the key k. */
function condition(sql: string): BoundExpression {
  return rewrite(bindExpression(sql, columns), (node) =>
    node.kind !== 'column'
      ? null
      : {
          kind: 'slot',
          slot: node.name === 'k' ? 'key' : 'aggregate',
          index: node.name === 'k' ? 0 : node.column,
          type: doubleType,
          span: node.span,
        },
  );
}

const placeOf = (expression: BoundExpression): number | undefined =>
  expression.kind === 'slot' && expression.slot === 'aggregate' ? expression.index : undefined;

const valueOf = (expression: BoundExpression, aggregates: readonly Scalar[], key: Scalar): Scalar =>
  evaluate(expression, (leaf) =>
    leaf.kind === 'slot' && leaf.slot === 'key' ? key : aggregates[(leaf as { index: number }).index]!,
  ); // only slots

interface Range {
  readonly low: number;
  readonly high: number;
  readonly mayBeNull: boolean;
}

/** The outcomes by name. */
function outcomes(sql: string, ranges: readonly Range[], key: Scalar = 5): string[] {
  const bound = condition(sql);
  const reach: GroupReach = {
    interval: (place) => ranges[place]!,
    value: (expression) => valueOf(expression, [], key),
  };
  const found = outcomesOf(readCondition(bound, placeOf), reach);
  return [found.true ? 'true' : '', found.false ? 'false' : '', found.null ? 'null' : ''].filter(
    (each) => each !== '',
  );
}

const between = (low: number, high: number): Range => ({ low, high, mayBeNull: false });
const unknown: Range = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, mayBeNull: true };

describe('outcomes of conditions over intervals', () => {
  test.each<[string, Range, Range, string[]]>([
    ['a > 3', between(4, 6), unknown, ['true']],
    ['a > 3', between(2, 6), unknown, ['true', 'false']],
    ['a > 3', between(1, 3), unknown, ['false']],
    ['a >= 3', between(1, 3), unknown, ['true', 'false']],
    ['a < b', between(1, 2), between(3, 4), ['true']],
    ['a < b', between(1, 3), between(3, 4), ['true', 'false']],
    ['a = 3', between(3, 3), unknown, ['true']],
    ['a = 3', between(2, 4), unknown, ['true', 'false']],
    ['a <> 3', between(4, 5), unknown, ['true']],
    ['a IN (1, 2)', between(3, 4), unknown, ['false']],
    ['a IN (1, NULL)', between(3, 4), unknown, ['null']],
    ['a BETWEEN 1 AND 9', between(3, 4), unknown, ['true']],
    ['a > k', between(6, 7), unknown, ['true']],
    ['NOT a > 3', between(4, 6), unknown, ['false']],
    ['a > 3 AND b > 3', between(4, 6), between(0, 1), ['false']],
    ['a > 3 AND b > 3', between(4, 6), unknown, ['true', 'false', 'null']],
    ['a > 3 OR b > 3', between(4, 6), unknown, ['true']],
    ['(a > 3) IS TRUE', between(4, 6), unknown, ['true']],
    ['(b > 3) IS NULL', between(4, 6), unknown, ['true', 'false']],
    ['a IS NULL', between(4, 6), unknown, ['false']],
    ['a > 3 OR k = 5', between(0, 9), unknown, ['true']],
    ['a > 3 AND k <> 5', between(0, 9), unknown, ['false']],
    ['a % 3 = 1', between(4, 4), unknown, ['true', 'false', 'null']],
    ['NULL > a', between(4, 4), unknown, ['null']],
  ])('%s', (sql, a, b, expected) => expect(outcomes(sql, [a, b])).toEqual(expected));

  test('hold every plain value inside the intervals', () => {
    const number = fc.integer({ min: -4, max: 4 });
    const range = fc
      .tuple(number, number, fc.boolean())
      .map(([x, y, mayBeNull]): Range => ({ low: Math.min(x, y), high: Math.max(x, y), mayBeNull }));
    const side = fc.oneof(
      fc.constantFrom('a', 'b', 'k', 'NULL'),
      number.map((value) => `(${value})`),
    );
    const comparison = fc
      .tuple(side, fc.constantFrom('=', '<>', '<', '<=', '>', '>='), side)
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`);
    const tree = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        comparison,
        fc.tuple(tie('node'), tie('node')).map(([x, y]) => `(${x} AND ${y})`),
        fc.tuple(tie('node'), tie('node')).map(([x, y]) => `(${x} OR ${y})`),
        tie('node').map((x) => `(NOT ${x})`),
        tie('node').map((x) => `(${x} IS TRUE)`),
        tie('node').map((x) => `(${x} IS NOT FALSE)`),
        tie('node').map((x) => `(${x} IS NULL)`),
        fc.tuple(side, side, side).map(([x, y, z]) => `(${x} IN (${y}, ${z}, 1))`),
        side.map((x) => `(${x} IS NULL)`),
      ),
    })).node;
    const at = ({ low, high, mayBeNull }: Range): Scalar[] => [
      ...Array.from({ length: (high - low) * 2 + 1 }, (_, step) => low + step / 2),
      ...(mayBeNull ? [null] : []),
    ];
    let certain = 0;
    fc.assert(
      fc.property(tree, range, range, number, (sql, a, b, key) => {
        const bound = condition(sql);
        const found = outcomes(sql, [a, b], key);
        if (found.length === 1) certain++;
        for (const x of at(a))
          for (const y of at(b)) expect(found).toContain(String(valueOf(bound, [x, y], key)));
      }),
      { numRuns: 400 },
    );
    expect(certain).toBeGreaterThan(100);
  });

  test('an interval that is not certified tells nothing', () => {
    const estimate: Estimate = {
      value: 5, low: 4, high: 6, stdError: 0.5, relativeError: 0.2, confidence: 0.95, exact: false, certified: true, reasons: [], support: 50,
    }; // prettier-ignore
    expect(reachOf(estimate)).toEqual(between(4, 6));
    expect(reachOf({ ...estimate, certified: false, reasons: ['LOW_SUPPORT'] })).toEqual(unknown);
    expect(reachOf({ ...estimate, low: null })).toEqual(unknown);
    expect(reachOf({ ...estimate, exact: true, low: 5, high: 5 })).toEqual(between(5, 5));
    expect(reachOf({ ...estimate, exact: true, value: null, low: null, high: null })).toBeNull();
  });

  test('the sides that are compared', () => {
    const sides = comparedIn(condition('(a > 3 AND NOT b <= a) OR a + b IN (k, 2) OR k > 1'));
    expect(sides.map(({ kind }) => kind)).toEqual(['slot', 'slot', 'slot', 'function']);
  });
});

test('the level of each of many intervals', () => {
  expect(cellConfidence(0.95, 1)).toBe(0.95);
  expect(cellConfidence(0.95, 0)).toBe(0.95);
  expect(cellConfidence(0.95, 20) ** 20).toBeCloseTo(0.95, 12);
  // Not far from Bonferroni's, and never wider.
  expect(1 - cellConfidence(0.99, 50)).toBeCloseTo(0.01 / 50, 5);
  expect(1 - cellConfidence(0.99, 50)).toBeGreaterThan(0.01 / 50);
});
