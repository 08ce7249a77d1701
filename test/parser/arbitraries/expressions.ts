import * as fc from 'fast-check';
import type {
  BinaryOperator,
  Expression,
  Frame,
  FrameEnd,
  IntervalUnit,
  OrderItem,
  Query,
  TemporalLiteral,
  TypeName,
  Unary,
  Window,
} from '../../../src/parser/index.ts';
import { nowhere } from '../support.ts';
import { identifier, numberText, stringText } from './words.ts';

type Arbitraries<Fields> = { [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> };

/** A node of a kind, its fields in the order of the text: parameters are numbered by it. */
export function node<const Kind extends string, Fields extends object>(
  kind: Kind,
  fields: Arbitraries<Fields>,
): fc.Arbitrary<{ readonly kind: Kind; readonly span: typeof nowhere } & Fields> {
  return fc.record(fields).map((values) => ({ kind, ...(values as Fields), span: nowhere }));
}

/** Null most of the time: trees would grow too large. */
export function maybe<Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

const span = fc.constant(nowhere);

/** Types as the parser writes their names. */
const typeName: fc.Arbitrary<TypeName> = fc.oneof(
  fc.record({
    name: fc.constantFrom('INTEGER', 'DOUBLE', 'DOUBLE PRECISION', 'DATE', 'INTERVAL', 'TIME WITH TIME ZONE'),
    arguments: fc.constant([]),
    span,
  }),
  fc.record({
    name: fc.constantFrom('DECIMAL', 'VARCHAR', 'CHARACTER VARYING', 'TIMESTAMP WITHOUT TIME ZONE', 'ÉTAT'),
    arguments: fc.array(fc.nat(99), { maxLength: 2 }),
    span,
  }),
);

// prettier-ignore
const intervalUnits: readonly (IntervalUnit | null)[] = [
  null, 'microsecond', 'millisecond', 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year',
];
const temporalTypes: readonly TemporalLiteral['type'][] = ['date', 'timestamp', 'timestamptz', 'time'];
const signs: readonly Unary['operator'][] = ['-', '+', 'not'];
// prettier-ignore
const binaryOperators: readonly BinaryOperator[] = [
  '+', '-', '*', '/', '//', '%', '^', '||', '=', '<>', '<', '<=', '>', '>=',
];

const leaf: fc.Arbitrary<Expression> = fc.oneof(
  node('null', {}),
  node('boolean', { value: fc.boolean() }),
  node('number', { text: numberText }),
  node('string', { value: stringText }),
  node('temporal', { type: fc.constantFrom(...temporalTypes), text: stringText }),
  node('interval', { text: stringText, unit: fc.constantFrom(...intervalUnits) }),
  node('column', { qualifier: fc.option(identifier), name: identifier }),
  node('parameter', { name: fc.constantFrom('p', 'From'), index: fc.constant(null) }),
  node('parameter', { name: fc.constant(null), index: fc.constant(0) }),
);

/** Expressions over expressions and queries, which the caller ties. */
export function expressionsOver(
  inner: fc.Arbitrary<Expression>,
  query: fc.Arbitrary<Query>,
): fc.Arbitrary<Expression> {
  const negated = fc.boolean();
  const operand = inner;
  const composed: fc.Arbitrary<Expression> = fc.oneof(
    node('unary', { operator: fc.constantFrom(...signs), operand }),
    node('binary', { operator: fc.constantFrom(...binaryOperators), left: inner, right: inner }),
    node('logical', {
      operator: fc.constantFrom('and' as const, 'or' as const),
      operands: fc.array(inner, { minLength: 2, maxLength: 3 }),
    }),
    node('between', { operand, low: inner, high: inner, negated }),
    node('in-list', {
      operand,
      items: fc.array(inner, { minLength: 1, maxLength: 3 }).filter(isList),
      negated,
    }),
    node('in-query', { operand, query, negated }),
    node('like', {
      operand,
      pattern: inner,
      escape: maybe(inner),
      caseInsensitive: fc.boolean(),
      negated,
    }),
    node('is', {
      operand,
      test: fc.constantFrom('null' as const, 'true' as const, 'false' as const),
      negated,
    }),
    node('is-distinct', { left: inner, right: inner, negated }),
    node('case', {
      operand: maybe(inner),
      branches: fc.array(fc.record({ when: inner, then: inner }), { minLength: 1, maxLength: 2 }),
      otherwise: maybe(inner),
    }),
    node('cast', { operand, type: typeName, try: fc.boolean() }),
    node('extract', { field: identifier, operand }),
    callOver(inner),
    node('exists', { query }),
    node('scalar-query', { query }),
  );
  return fc.oneof(
    { maxDepth: 4, depthIdentifier: 'expression' },
    { weight: 3, arbitrary: leaf },
    { weight: 2, arbitrary: composed },
  );
}

/** `x IN ((SELECT 1))` asks for membership in the query's rows, not for equality with its one value. */
function isList(items: readonly Expression[]): boolean {
  return items.length > 1 || items[0]?.kind !== 'scalar-query';
}

function callOver(inner: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> {
  const orderBy = orderItemsOver(inner);
  const nothing = fc.constant([]);
  const behind = { filter: maybe(inner), over: maybe(windowOver(inner)) };
  const star = { star: fc.constant(true), distinct: fc.constant(false) };
  const some = { star: fc.constant(false), distinct: fc.boolean() };
  return fc.oneof(
    node('call', { name: identifier, ...star, arguments: nothing, orderBy: nothing, ...behind }),
    node('call', {
      name: identifier,
      ...star,
      star: fc.constant(false),
      arguments: nothing,
      orderBy: nothing,
      ...behind,
    }),
    node('call', {
      name: identifier,
      ...some,
      arguments: fc.array(inner, { minLength: 1, maxLength: 2 }),
      orderBy,
      ...behind,
    }),
  );
}

function windowOver(inner: fc.Arbitrary<Expression>): fc.Arbitrary<Window> {
  const end: fc.Arbitrary<FrameEnd> = fc.oneof(
    fc.record({ kind: fc.constantFrom('unbounded-preceding' as const, 'unbounded-following' as const) }),
    fc.record({ kind: fc.constant('current-row' as const) }),
    fc.record({ kind: fc.constantFrom('preceding' as const, 'following' as const), offset: inner }),
  );
  const frame: fc.Arbitrary<Frame> = fc.record({
    unit: fc.constantFrom('rows' as const, 'range' as const, 'groups' as const),
    start: end,
    end: maybe(end),
  });
  return fc.record({
    partitionBy: fc.array(inner, { maxLength: 2 }),
    orderBy: orderItemsOver(inner),
    frame: maybe(frame),
    span,
  });
}

/** The items of an ORDER BY, or none. */
export function orderItemsOver(inner: fc.Arbitrary<Expression>): fc.Arbitrary<OrderItem[]> {
  const item: fc.Arbitrary<OrderItem> = fc.record({
    expression: inner,
    descending: fc.boolean(),
    nulls: fc.constantFrom('first' as const, 'last' as const, null),
    span,
  });
  return fc.array(item, { maxLength: 2 });
}
