import { assertNever, QueryError, type Span } from '../../common/index.ts';
import type { Expression, IntervalLiteral, NumberLiteral, TemporalLiteral } from '../../parser/index.ts';
import {
  type BoundExpression,
  booleanType,
  type Constant,
  convertScalar,
  dateType,
  doubleType,
  formatType,
  intervalType,
  narrowInteger,
  nullType,
  parseDate,
  parseInterval,
  parseTime,
  parseTimestamp,
  type SqlType,
  timestampType,
  timestampTzType,
  Unevaluable,
  varcharType,
} from '../../plan/index.ts';
import { type BindContext, integerConstant } from './context.ts';

/** A number as SQL types it: digits alone are an integer, with a point a DECIMAL, with an exponent a DOUBLE. */
function bindNumber({ text, span }: NumberLiteral): Constant {
  const digits = text.replaceAll('_', '');
  if (/^\d+$/.test(digits)) return integerConstant(BigInt(digits), span);
  const decimal = /^(\d*)\.(\d*)$/.exec(digits);
  const [, whole = '', fraction = ''] = decimal ?? [];
  const precision = Math.max(1, whole.length + fraction.length);
  if (decimal === null || precision > 38)
    return { kind: 'constant', value: Number(digits), type: doubleType, literal: false, span };
  const type: SqlType = { kind: 'decimal', precision, scale: fraction.length };
  return { kind: 'constant', value: narrowInteger(BigInt(whole + fraction)), type, literal: true, span };
}

const temporal: Readonly<
  Record<
    TemporalLiteral['type'],
    { readonly type: SqlType; readonly parse: (text: string) => number | null; readonly form: string }
  >
> = {
  date: { type: dateType, parse: parseDate, form: 'YYYY-MM-DD' },
  timestamp: { type: timestampType, parse: parseTimestamp, form: 'YYYY-MM-DD HH:MM:SS' },
  timestamptz: { type: timestampTzType, parse: parseTimestamp, form: 'YYYY-MM-DD HH:MM:SS+00' },
  time: { type: { kind: 'time' }, parse: parseTime, form: 'HH:MM:SS' },
};

/** `DATE '…'` and its like. @throws QueryError INVALID_ARGUMENT where the text is no such value */
function bindTemporal({ type: name, text, span }: TemporalLiteral): Constant {
  const { type, parse, form } = temporal[name];
  const value = parse(text);
  if (value === null) {
    throw new QueryError('INVALID_ARGUMENT', `'${text}' is no ${formatType(type)}: expected ${form}`, {
      span,
    });
  }
  return { kind: 'constant', value, type, literal: false, span };
}

/** @throws QueryError INVALID_ARGUMENT where the text is no interval */
function bindInterval({ text, unit, span }: IntervalLiteral): Constant {
  const value = parseInterval(text, unit);
  if (value === null) {
    throw new QueryError(
      'INVALID_ARGUMENT',
      `'${text}' is no interval: expected, for example, INTERVAL '3 days' or INTERVAL 3 DAY`,
      { span },
    );
  }
  return { kind: 'constant', value, type: intervalType, literal: false, span };
}

const forms: Partial<Record<SqlType['kind'], string>> = {
  date: 'YYYY-MM-DD',
  timestamp: 'YYYY-MM-DD HH:MM:SS',
  time: 'HH:MM:SS',
};

/**
 * A bare text beside another type becomes a value of that type, as in `date > '2001-02-03'`.
 * @returns the expression as it is where it is no bare text, or the type takes texts
 * @throws QueryError TYPE_MISMATCH where the text is no value of the type
 */
export function adaptText(expression: BoundExpression, type: SqlType): BoundExpression {
  const bare = expression.kind === 'constant' && expression.literal && expression.type.kind === 'varchar';
  if (!bare || ['varchar', 'other', 'null', 'interval'].includes(type.kind)) return expression;
  try {
    return {
      ...expression,
      value: convertScalar(expression.value, expression.type, type),
      type,
      literal: false,
    };
  } catch (error) {
    if (!(error instanceof Unevaluable)) throw error;
    const form = forms[type.kind];
    throw mismatch(
      `'${expression.value as string}' is no ${formatType(type)}${form === undefined ? '' : `: expected ${form}`}`,
      expression.span,
    );
  }
}

export function mismatch(message: string, span: Span, hint?: string): QueryError {
  return new QueryError('TYPE_MISMATCH', message, { span, hint });
}

/** Expressions without parts. */
type Leaf = Extract<
  Expression,
  { kind: 'null' | 'boolean' | 'string' | 'number' | 'temporal' | 'interval' | 'parameter' }
>;

/** A literal or a placeholder. @throws QueryError INVALID_ARGUMENT, INVALID_PARAMETER */
export function bindLeaf(leaf: Leaf, context: BindContext): Constant {
  const { span } = leaf;
  switch (leaf.kind) {
    case 'null':
      return { kind: 'constant', value: null, type: nullType, literal: true, span };
    case 'boolean':
      return { kind: 'constant', value: leaf.value, type: booleanType, literal: true, span };
    case 'string':
      return { kind: 'constant', value: leaf.value, type: varcharType, literal: true, span };
    case 'number':
      return bindNumber(leaf);
    case 'temporal':
      return bindTemporal(leaf);
    case 'interval':
      return bindInterval(leaf);
    case 'parameter':
      return context.parameter(leaf);
    default:
      return assertNever(leaf);
  }
}
