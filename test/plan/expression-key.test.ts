import { expect, test } from 'vitest';
import {
  type BoundExpression,
  doubleType,
  expressionKey,
  integerType,
  varcharType,
} from '../../src/plan/index.ts';
import { bindAggregate } from '../support/ask-sample.ts';

const columns = [
  { name: 'x', type: doubleType },
  { name: 'i', type: integerType },
  { name: 's', type: varcharType },
];

/** What an expression is bound to. */
function bound(text: string): BoundExpression {
  const [key] = bindAggregate(`SELECT ${text}, COUNT(*) FROM t GROUP BY 1`, columns).keys;
  return key!; // it is grouped by one
}

/** Keys are kept with what was learned of expressions: they are to stay as they were written. */
const asJson = (expression: BoundExpression): string =>
  JSON.stringify(expression, (name, value: unknown) => {
    if (name === 'span') return undefined;
    if (typeof value === 'number' && !Number.isFinite(value)) return `#${value}`;
    return typeof value === 'bigint' ? `${value}n` : value;
  });

const conditions = [
  'x > 1',
  `x BETWEEN -0.0 AND 1e300 AND s IN ('a', 'it''s "quoted"', 'ü\n')`,
  `CASE WHEN i = 9223372036854775807 THEN s LIKE 'a%' ELSE TRY_CAST(s AS INTEGER) IS NULL END`,
  `CAST('inf' AS DOUBLE) > x OR i % 3 = 1 OR s = NULL`,
  `DATE '2024-01-01' + INTERVAL 2 MONTH > CAST(s AS DATE)`,
];

test.each(conditions)('the key of %s is its tree as JSON, asked once or again', (condition) => {
  const expression = bound(condition);
  expect(expressionKey(expression)).toBe(asJson(expression));
  expect(expressionKey(expression)).toBe(asJson(expression));
});

test('infinite numbers are told apart, and numbers from integers that no number holds', () => {
  const constant = { kind: 'constant', literal: true, type: doubleType, span: { start: 0, end: 1 } } as const;
  const keys = [Infinity, -Infinity, NaN, 0, 0n, null].map((value) => expressionKey({ ...constant, value }));
  expect(new Set(keys).size).toBe(6);
});

test('where it stands makes no difference, what it is does', () => {
  expect(expressionKey(bound('x+1>i'))).toBe(expressionKey(bound('  x  +  1  >  i')));
  expect(expressionKey(bound('x+1>i'))).not.toBe(expressionKey(bound('x+2>i')));
  expect(new Set(conditions.map((condition) => expressionKey(bound(condition)))).size).toBe(
    conditions.length,
  );
});
