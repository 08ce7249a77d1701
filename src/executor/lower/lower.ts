import { assertNever } from '../../common/index.ts';
import {
  type BoundExpression,
  type CaseExpression,
  type ColumnValue,
  type Constant,
  type SqlType,
} from '../../plan/index.ts';
import { lowerCast, lowerNumeric, numericFunctions, toNumber } from './arithmetic.ts';
import {
  type BooleanCode,
  type Emitter,
  NotOnKernels,
  type NumberCode,
  type RowCode,
  type TextCode,
} from './emitter.ts';
import { lift, liftableArgument } from './lift.ts';
import { lowerLogic, logicFunctions } from './logic.ts';
import { lowerTemporal, temporalFunctions } from './temporal.ts';
import { mergeTexts, remapped } from './text.ts';

/**
 * What code an expression becomes: the rules for an {@link Emitter}. What comes out computes what DuckDB computes, or nothing
 * comes out.
 * @throws NotOnKernels
 */
export function lowerExpression(expression: BoundExpression, emitter: Emitter): RowCode {
  switch (expression.kind) {
    case 'constant':
      return lowerConstant(expression, emitter);
    case 'column':
      return lowerColumn(expression, emitter);
    case 'case':
      return lowerCase(expression, emitter);
    case 'cast':
      return liftableArgument(expression, emitter) === null
        ? lowerCast(expression, emitter)
        : lift(expression, emitter);
    case 'function': {
      const { name } = expression;
      if (logicFunctions.has(name)) return lowerLogic(expression, emitter);
      if (temporalFunctions.has(name)) {
        const temporal = lowerTemporal(expression, emitter);
        if (temporal !== null) return temporal;
      }
      if (numericFunctions.has(name)) return lowerNumeric(expression, emitter);
      return lift(expression, emitter);
    }
    case 'aggregate':
    case 'accessor':
    case 'window':
    case 'subquery':
    case 'slot':
      throw new NotOnKernels(`a ${expression.kind} cannot be computed row by row`);
    default:
      return assertNever(expression);
  }
}

function lowerConstant({ value, type }: Constant, emitter: Emitter): RowCode {
  if (typeof value === 'boolean') return { kind: 'boolean', value: String(value), isNull: null };
  if (typeof value === 'number') return { kind: 'number', value: emitter.constant(value), isNull: null };
  if (typeof value === 'string' && type.kind === 'varchar')
    return { kind: 'text', code: '0', dictionary: [value] };
  if (value === null) return nullOf(type);
  throw new NotOnKernels('a constant is beyond the range of kernels');
}

function nullOf(type: SqlType): RowCode {
  if (type.kind === 'varchar') return { kind: 'text', code: '0', dictionary: [] };
  return type.kind === 'boolean'
    ? { kind: 'boolean', value: 'false', isNull: 'true' }
    : { kind: 'number', value: '0', isNull: 'true' };
}

function lowerColumn(column: ColumnValue, emitter: Emitter): RowCode {
  const place = emitter.columnPlace(column);
  const { nullable, dictionary } = emitter.parameters.columns[place]!; // placed just now
  const value = `c${place}[i]`;
  if (dictionary !== null) return { kind: 'text', code: value, dictionary };
  const isNull = nullable ? emitter.temporary(`((v${place}[i >> 3] >> (i & 7)) & 1) === 0`) : null;
  if (column.type.kind !== 'boolean') return { kind: 'number', value, isNull };
  return {
    kind: 'boolean',
    value: isNull === null ? `${value} === 1` : `(!${isNull} & ${value} === 1)`,
    isNull,
  };
}

function lowerCase(expression: CaseExpression, emitter: Emitter): RowCode {
  const { branches, otherwise, type } = expression;
  const conditions = branches.map(({ when }) => emitter.lowerBoolean(when).value);
  const results = [...branches.map(({ then }) => then), otherwise];
  const choose = (values: readonly string[]): string => chooseBy(conditions, values, emitter);
  if (type.kind === 'varchar') {
    const codes = results.map((result) => emitter.lower(result)).map(asText);
    const { merged, texts } = mergeTexts(codes);
    return { kind: 'text', code: choose(texts.map((text) => remapped(text, emitter))), dictionary: merged };
  }
  const codes: (NumberCode | BooleanCode)[] =
    type.kind === 'boolean'
      ? results.map((result) => emitter.lowerBoolean(result))
      : results.map((result) => toNumber(result, type, emitter));
  const isNull = codes.every((code) => code.isNull === null)
    ? null
    : choose(codes.map((code) => code.isNull ?? 'false'));
  return {
    kind: type.kind === 'boolean' ? 'boolean' : 'number',
    value: choose(codes.map(({ value }) => value)),
    isNull,
  };
}

/** So many conditions choose by a table among constants. */
const tableConditionsMax = 6;

/** The value of the first condition that holds, or the last value; there is one value more than conditions. */
function chooseBy(conditions: readonly string[], values: readonly string[], emitter: Emitter): string {
  const constants = values.map((value) => emitter.constantOf(value));
  if (conditions.length > tableConditionsMax || constants.includes(null)) {
    return conditions.reduceRight(
      (rest, condition, place) => `(${condition} ? ${values[place]!} : ${rest})`,
      values.at(-1)!,
    );
  }
  // Among constants a table chooses without a jump: its index has a bit for each condition that holds.
  const table = Float64Array.from({ length: 2 ** conditions.length }, (_, bits) => {
    const first = conditions.findIndex((_condition, place) => ((bits >> place) & 1) === 1);
    return constants.at(first)!; // first is -1 where none holds
  });
  const index = conditions.map((condition, place) => `+(${condition}) * ${2 ** place}`).join(' + ');
  return `${emitter.table(table)}[${index}]`;
}

function asText(code: RowCode): TextCode {
  if (code.kind === 'text') return code;
  // A bare NULL among texts.
  if (code.isNull === 'true') return { kind: 'text', code: '0', dictionary: [] };
  throw new NotOnKernels('a number becomes a text');
}
