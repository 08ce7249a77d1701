import { codeOf, type Dictionary } from '../../columns/index.ts';
import type { BoundExpression, ColumnValue, Constant, FunctionCall, SqlType } from '../../plan/index.ts';
import type { Emitter } from '../lower/emitter.ts';
import { comparisons, logicFunctions } from '../lower/logic.ts';
import { liftableArgument, liftedValues } from '../lower/lift.ts';
import { codesAround, mirrored } from '../lower/text.ts';

/** A condition of one column of whole numbers or codes: its value is not NULL, and lies from `low` to `high`; or it does not lie there. */
export interface ColumnRangeTest {
  readonly column: ColumnValue;
  readonly low: number;
  readonly high: number;
  readonly negated: boolean;
}

/**
 * The condition as a test of a column; null: it is another one, or holds of no row.
 * @param emitter has lowered it
 */
export function columnRangeTest(condition: BoundExpression, emitter: Emitter): ColumnRangeTest | null {
  if (condition.kind === 'function' && condition.name === 'not') {
    const test = columnRangeTest(condition.arguments[0]!, emitter); // it has one
    return test === null ? null : { ...test, negated: !test.negated };
  }
  const column = condition.kind === 'column' ? condition : onlyColumn(condition);
  if (column === null) return null;
  const { whole, dictionary } = emitter.source.columnOf(column);
  if (!whole) return null;
  if (condition.kind === 'column') return { column, low: 1, high: 1, negated: false }; // it is true
  if (condition.kind !== 'function') return null;
  return dictionary === null
    ? numberTest(condition, column)
    : textTest(condition, column, dictionary, emitter);
}

/** The column that a function's arguments are, beside constants. */
function onlyColumn(condition: BoundExpression): ColumnValue | null {
  if (condition.kind !== 'function') return null;
  const varying = condition.arguments.filter(({ kind }) => kind !== 'constant');
  const [only] = varying;
  return varying.length === 1 && only?.kind === 'column' ? only : null;
}

/** The operator and the constant of a comparison, as if the column stood before it; null: it is none. */
function comparisonOf({
  name,
  arguments: [left, right],
}: FunctionCall): { operator: string; constant: Constant } | null {
  if (!comparisons.has(name)) return null;
  if (right?.kind === 'constant') return { operator: name, constant: right };
  return left?.kind === 'constant' ? { operator: mirrored[name] ?? name, constant: left } : null;
}

function numberTest(condition: FunctionCall, column: ColumnValue): ColumnRangeTest | null {
  const compared = comparisonOf(condition);
  const limit = compared === null ? null : inUnitsOf(column.type, compared.constant);
  if (compared === null || limit === null) return null;
  const [least, greatest] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const test = (low: number, high: number, negated = false): ColumnRangeTest | null =>
    low > high ? null : { column, low, high, negated };
  switch (compared.operator) {
    case '<':
      return test(least, Math.ceil(limit) - 1);
    case '<=':
      return test(least, Math.floor(limit));
    case '>':
      return test(Math.floor(limit) + 1, greatest);
    case '>=':
      return test(Math.ceil(limit), greatest);
    default:
      return Number.isInteger(limit) ? test(limit, limit, compared.operator === '<>') : null;
  }
}

/** The number that a column's stored values are compared with; null where DuckDB compares them in another type. */
function inUnitsOf(type: SqlType, { value, type: given }: Constant): number | null {
  if (typeof value !== 'number') return null;
  if (type.kind === 'date') return given.kind === 'date' ? value : null;
  if (type.kind === 'integer' && given.kind === 'double') return Number.isFinite(value) ? value : null;
  const [own, wanted] = [scaleOf(given), scaleOf(type)];
  if (own === null || wanted === null || own > wanted) return null;
  const scaled = value * 10 ** (wanted - own);
  return Number.isSafeInteger(scaled) ? scaled : null;
}

const scaleOf = (type: SqlType): number | null =>
  type.kind === 'decimal' ? type.scale : type.kind === 'integer' ? 0 : null;

function textTest(
  condition: FunctionCall,
  column: ColumnValue,
  dictionary: Dictionary,
  emitter: Emitter,
): ColumnRangeTest | null {
  const holds = codesWhere(condition, dictionary, emitter);
  if (holds === null || !holds.includes(1)) return null;
  return oneRange(column, holds, false) ?? oneRange(column, holds, true);
}

/** The test where codes lie together of which the condition holds, or of which it does not. */
function oneRange(column: ColumnValue, holds: Uint8Array, negated: boolean): ColumnRangeTest | null {
  const [wanted, other] = negated ? [0, 1] : [1, 0];
  const [low, high] = [holds.indexOf(wanted), holds.lastIndexOf(wanted)];
  return low < 0 || holds.subarray(low, high).includes(other) ? null : { column, low, high, negated };
}

/** For each entry of a dictionary 1 where the condition is true, 0 where it is false; null: that is not known here, or neither. */
function codesWhere(condition: FunctionCall, dictionary: Dictionary, emitter: Emitter): Uint8Array | null {
  const compared = comparisonOf(condition);
  if (compared !== null) {
    const { operator, constant } = compared;
    return typeof constant.value === 'string' ? codesCompared(operator, constant.value, dictionary) : null;
  }
  const isIn = condition.name === 'in' && condition.arguments[0]?.kind === 'column';
  if (isIn) {
    const holds = new Uint8Array(dictionary.length);
    for (const item of condition.arguments.slice(1)) {
      if (item.kind !== 'constant' || typeof item.value !== 'string') return null;
      const code = codeOf(dictionary, item.value);
      if (code >= 0) holds[code] = 1;
    }
    return holds;
  }
  // What is not lifted for a loop by rows may be beyond what can be lifted.
  if (logicFunctions.has(condition.name) || liftableArgument(condition, emitter) === null) return null;
  const { values } = liftedValues(condition, emitter);
  const ofEntries = values.slice(0, dictionary.length);
  // Of NULL it is NULL, so that neither it nor its negation is true.
  const isPlain = !ofEntries.includes(null) && values[dictionary.length] === null;
  return isPlain ? Uint8Array.from(ofEntries, Number) : null;
}

function codesCompared(operator: string, constant: string, dictionary: Dictionary): Uint8Array {
  const { before, after } = codesAround(dictionary, constant);
  const holds = new Uint8Array(dictionary.length);
  switch (operator) {
    case '<':
      return holds.fill(1, 0, before);
    case '<=':
      return holds.fill(1, 0, after);
    case '>':
      return holds.fill(1, after);
    case '>=':
      return holds.fill(1, before);
    case '=':
      return holds.fill(1, before, after);
    default:
      return holds.fill(1).fill(0, before, after);
  }
}
