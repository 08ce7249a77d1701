import { assertNever } from '../../common/index.ts';
import {
  type AccessorName,
  type AggregateCall,
  type BoundExpression,
  type BoundFrame,
  type BoundFrameEnd,
  type BoundOrder,
  type BoundQuery,
  formatType,
  type FunctionCall,
  isOutputOrder,
  type SubqueryExpression,
  type WindowCall,
} from '../../plan/index.ts';
import { printLike } from './print-like.ts';
import { printLiteral, quoteName } from './print-literal.ts';
import { printBounded, textLimit } from './print-bounded.ts';

/** How a column of a relation is called in the printed statement; queries inside expressions are printed by the caller. */
export interface PrintContext {
  readonly relationName: (relation: number) => string;
  readonly printQuery: (query: BoundQuery) => string;
  /** Bytes that a text may have that a function makes. */
  readonly textBytesMax: number;
}

/** Operators that stand between their arguments. */
const infix: ReadonlySet<string> = new Set([
  '+',
  '-',
  '*',
  '/',
  '//',
  '%',
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  '||',
  'and',
  'or',
]);

/** Forms with their own syntax, from their printed arguments. */
const forms: Readonly<Record<string, (args: readonly string[]) => string>> = {
  negate: ([a]) => `(- ${a})`,
  not: ([a]) => `(NOT ${a})`,
  in: ([a, ...items]) => `(${a} IN (${items.join(', ')}))`,
  is_null: ([a]) => `(${a} IS NULL)`,
  is_true: ([a]) => `(${a} IS TRUE)`,
  is_false: ([a]) => `(${a} IS FALSE)`,
  is_distinct: ([a, b]) => `(${a} IS DISTINCT FROM ${b})`,
};

/** A bound expression in DuckDB's SQL; every operation in parentheses. */
export function printExpression(expression: BoundExpression, context: PrintContext): string {
  const print = (inner: BoundExpression): string => printExpression(inner, context);
  switch (expression.kind) {
    case 'constant':
      return printLiteral(expression.value, expression.type, expression.literal);
    case 'column':
      return `${context.relationName(expression.relation)}.${quoteName(expression.name)}`;
    case 'function':
      return printCall(expression, print, context.textBytesMax);
    case 'case': {
      const branches = expression.branches.map(({ when, then }) => `WHEN ${print(when)} THEN ${print(then)}`);
      return `(CASE ${branches.join(' ')} ELSE ${print(expression.otherwise)} END)`;
    }
    case 'cast':
      return `${expression.try ? 'TRY_CAST' : 'CAST'}(${print(expression.operand)} AS ${formatType(expression.type)})`;
    case 'aggregate':
      return printAggregate(expression, context);
    case 'accessor':
      return printAccessor(expression.name, print(expression.operand));
    case 'window':
      return printWindow(expression, context);
    case 'subquery':
      return printSubquery(expression, context);
    case 'slot':
      throw new Error('slots are for aggregate queries, which no source prints');
    default:
      return assertNever(expression);
  }
}

/** Calls that may make texts beside those of an expression that is printed alone. */
const callsBesides = 16;

/** An expression over the columns of one relation, which is called `relation`; the same text for what means the same. */
export function printOver(expression: BoundExpression, relation: string): string {
  return printExpression(expression, {
    relationName: () => relation,
    textBytesMax: textLimit(callsBesides),
    printQuery() {
      throw new Error('an expression over one table holds no query');
    },
  });
}

function printCall(
  { name, arguments: args }: FunctionCall,
  print: (inner: BoundExpression) => string,
  textBytesMax: number,
): string {
  const call = (printed: readonly string[]): string => {
    if (name === 'like' || name === 'ilike') return printLike(name, args, printed);
    const form = forms[name];
    if (form !== undefined) return form(printed);
    if (infix.has(name)) return `(${printed.join(` ${name.toUpperCase()} `)})`;
    return `${name}(${printed.join(', ')})`;
  };
  return printBounded({ name, arguments: args }, args.map(print), call, textBytesMax);
}

/** An exact answer has no error: the ends of the interval are the value. It is computed once, and remains an aggregate. */
function printAccessor(name: AccessorName, operand: string): string {
  switch (name) {
    case 'lower_bound':
    case 'upper_bound':
      return `CAST(${operand} AS DOUBLE)`;
    case 'stderr':
    case 'relative_error':
      return `(CASE WHEN (${operand} IS NOT NULL) THEN CAST(0 AS DOUBLE) END)`;
    case 'certified':
      return `((${operand} IS NULL) OR TRUE)`;
    default:
      return assertNever(name);
  }
}

/** `ORDER BY …` with a space before it, or nothing. */
export function printOrderBy(orders: readonly BoundOrder[], context: PrintContext): string {
  if (orders.length === 0) return '';
  const printed = orders.map(({ by, descending, nulls }) => {
    const what = isOutputOrder(by) ? String(by.output + 1) : printExpression(by, context);
    return `${what} ${descending ? 'DESC' : 'ASC'} NULLS ${nulls.toUpperCase()}`;
  });
  return ` ORDER BY ${printed.join(', ')}`;
}

const printFilter = (filter: BoundExpression | null, context: PrintContext): string =>
  filter === null ? '' : ` FILTER (WHERE ${printExpression(filter, context)})`;

function printArguments(call: AggregateCall | WindowCall, context: PrintContext): string {
  const args = call.arguments.map((argument) => printExpression(argument, context)).join(', ');
  const star = call.name === 'count' && call.arguments.length === 0 ? '*' : '';
  return `${call.distinct ? 'DISTINCT ' : ''}${star}${args}`;
}

function printAggregate(call: AggregateCall, context: PrintContext): string {
  const order = printOrderBy(call.orderBy, context);
  return `${call.name}(${printArguments(call, context)}${order})${printFilter(call.filter, context)}`;
}

function printWindow(call: WindowCall, context: PrintContext): string {
  const partition = call.partitionBy.map((key) => printExpression(key, context)).join(', ');
  const parts = [
    partition === '' ? '' : `PARTITION BY ${partition}`,
    printOrderBy(call.orderBy, context).trim(),
    call.frame === null ? '' : printFrame(call.frame, context),
  ].filter((part) => part !== '');
  return `${call.name}(${printArguments(call, context)})${printFilter(call.filter, context)} OVER (${parts.join(' ')})`;
}

function printFrame({ unit, start, end }: BoundFrame, context: PrintContext): string {
  const side = (frameEnd: BoundFrameEnd): string =>
    'offset' in frameEnd
      ? `${printExpression(frameEnd.offset, context)} ${frameEnd.kind.toUpperCase()}`
      : frameEnd.kind.replace('-', ' ').toUpperCase();
  return end === null
    ? `${unit.toUpperCase()} ${side(start)}`
    : `${unit.toUpperCase()} BETWEEN ${side(start)} AND ${side(end)}`;
}

function printSubquery({ form, operand, query }: SubqueryExpression, context: PrintContext): string {
  const printed = context.printQuery(query);
  if (form === 'exists') return `EXISTS (${printed})`;
  return operand === null ? `(${printed})` : `(${printExpression(operand, context)} IN (${printed}))`;
}
