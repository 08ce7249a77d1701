import { compareText } from '../../common/index.ts';
import {
  type BoundExpression,
  type CastExpression,
  type Constant,
  evaluate,
  expressionKey,
  type FunctionCall,
  nullType,
  type Scalar,
  type SqlType,
  Unevaluable,
} from '../../plan/index.ts';
import { type Emitter, NotOnKernels, type RowCode, type TextCode } from './emitter.ts';

/** A call or cast of one text that varies; its other arguments are constants. */
type Liftable = FunctionCall | CastExpression;

/** Pairs of letters, of all entries and of a constant, that are looked at for one table: whoever asks holds all others up meanwhile. */
const pairsMax = 2 ** 30;
/** Letters of all texts that are made for one table. */
const madeMax = 2 ** 26;

const argumentsOf = (expression: Liftable): readonly BoundExpression[] =>
  expression.kind === 'cast' ? [expression.operand] : expression.arguments;

/** The place of the one argument that is not constant, if it is a text; null: the expression cannot be lifted. */
export function liftableArgument(expression: Liftable, emitter: Emitter): number | null {
  const varying = [...argumentsOf(expression).entries()].filter(
    ([, argument]) => argument.kind !== 'constant',
  );
  const [place, argument] = varying[0] ?? [];
  if (varying.length !== 1 || place === undefined || argument?.type.kind !== 'varchar') return null;
  return emitter.lower(argument).kind === 'text' ? place : null;
}

/**
 * Computes an expression once for every entry of its text's dictionary; a row then only looks its entry up. So any function of
 * one text runs on kernels, however slow it is.
 * @throws NotOnKernels where the expression is of another shape, or an entry's value is left to the source
 */
export function lift(expression: Liftable, emitter: Emitter): RowCode {
  const { values, text } = liftedValues(expression, emitter);
  return tableCode(values, expression.type, text.code, emitter);
}

/** The expression's text, and its value for each entry of the dictionary and NULL. @throws NotOnKernels as {@link lift} does */
export function liftedValues(
  expression: Liftable,
  emitter: Emitter,
): { readonly text: TextCode; readonly values: readonly Scalar[] } {
  const name = expression.kind === 'cast' ? 'this cast' : expression.name;
  const place = liftableArgument(expression, emitter);
  if (place === null) throw new NotOnKernels(`${name} is left to the source`);
  const text = emitter.lower(argumentsOf(expression)[place]!) as TextCode; // liftableArgument said so
  const { dictionary } = text;
  const key = expressionKey(
    withArgument(expression, place, {
      kind: 'constant',
      value: null,
      type: nullType,
      literal: true,
      span: expression.span,
    }),
  );
  const values = emitter.source.liftCache.get(dictionary, `${key} ${place}`, () =>
    valuesFor(expression, place, [...dictionary, null]),
  );
  return { text, values };
}

/** The value for each entry. @throws NotOnKernels where it would take too long, or too much memory */
function valuesFor(expression: Liftable, place: number, entries: readonly (string | null)[]): Scalar[] {
  const constants = argumentsOf(expression).map((arg) =>
    arg.kind === 'constant' ? lettersOf(arg.value) : 0,
  );
  const longest = Math.max(1, ...constants);
  const letters = entries.reduce((sum, entry) => sum + lettersOf(entry), 0);
  if (letters * longest > pairsMax) throw new NotOnKernels('long texts are left to the source');
  let made = 0;
  return entries.map((entry) => {
    const value = valueFor(expression, place, entry);
    made += lettersOf(value);
    if (made > madeMax) throw new NotOnKernels('long texts are left to the source');
    return value;
  });
}

const lettersOf = (value: Scalar): number => (typeof value === 'string' ? value.length : 0);

function withArgument(expression: Liftable, place: number, argument: Constant): Liftable {
  if (expression.kind === 'cast') return { ...expression, operand: argument };
  return { ...expression, arguments: expression.arguments.map((own, at) => (at === place ? argument : own)) };
}

function valueFor(expression: Liftable, place: number, entry: string | null): Scalar {
  const { type, span } = argumentsOf(expression)[place]!;
  try {
    return evaluate(
      withArgument(expression, place, { kind: 'constant', value: entry, type, literal: false, span }),
      () => null,
    );
  } catch (error) {
    if (error instanceof Unevaluable) throw new NotOnKernels(error.message);
    throw error;
  }
}

/** The values as a table that a row's code looks up. */
function tableCode(values: readonly Scalar[], type: SqlType, code: string, emitter: Emitter): RowCode {
  if (type.kind === 'varchar') {
    const dictionary = [...new Set(values.filter((value) => typeof value === 'string'))].sort(compareText);
    const codes = new Map(dictionary.map((text, at) => [text, at]));
    const table = Int32Array.from(values, (value) =>
      typeof value === 'string' ? codes.get(value)! : dictionary.length,
    ); // all texts are in it
    return { kind: 'text', code: `${emitter.table(table)}[${code}]`, dictionary };
  }
  if (type.kind === 'boolean') {
    const table = emitter.table(Uint8Array.from(values, (value) => (value === null ? 2 : Number(value))));
    const isNull = values.includes(null) ? `${table}[${code}] === 2` : null;
    return { kind: 'boolean', value: `${table}[${code}] === 1`, isNull };
  }
  // NaN stands for NULL in the table, so it cannot stand for itself.
  if (values.some((value) => value !== null && (typeof value !== 'number' || Number.isNaN(value))))
    throw new NotOnKernels('values beyond the range of kernels');
  const table = emitter.table(
    Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value))),
  );
  const value = emitter.temporary(`${table}[${code}]`);
  return { kind: 'number', value, isNull: values.includes(null) ? `${value} !== ${value}` : null };
}
