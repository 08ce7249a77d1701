import { codeOf } from '../../columns/index.ts';
import {
  type BoundExpression,
  commonType,
  type FunctionCall,
  type SqlType,
  tryEvaluate,
} from '../../plan/index.ts';
import { toNumber } from './arithmetic.ts';
import {
  anyNull,
  type BooleanCode,
  type Emitter,
  NotOnKernels,
  type NumberCode,
  type RowCode,
  type TextCode,
} from './emitter.ts';
import { compareTexts, javascriptOperator, mergeTexts, remapped, textIsNull } from './text.ts';

/** Operators that compare two values. */
export const comparisons: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);

/** Comparisons, connectives, tests, and the functions about NULL. */
export const logicFunctions: ReadonlySet<string> = new Set([
  ...comparisons, 'and', 'or', 'not', 'in', 'is_null', 'is_true', 'is_false', 'is_distinct', 'coalesce', 'nullif', 'least', 'greatest',
]); // prettier-ignore

const isText = (expression: BoundExpression): boolean => expression.type.kind === 'varchar';

/** Code of a logical function. @throws NotOnKernels */
export function lowerLogic(call: FunctionCall, emitter: Emitter): RowCode {
  const { name, arguments: args } = call;
  if (comparisons.has(name)) return compare(name, args[0]!, args[1]!, emitter); // two arguments
  switch (name) {
    case 'and':
    case 'or':
      return connect(name, args, emitter);
    case 'not': {
      const code = emitter.lowerBoolean(args[0]!);
      return {
        ...code,
        value: code.isNull === null ? `!${code.value}` : `!(${code.value} | ${code.isNull})`,
      };
    }
    case 'in':
      return isIn(args, emitter);
    case 'is_null':
      return { kind: 'boolean', value: nullTest(emitter.lower(args[0]!), emitter), isNull: null };
    case 'is_true':
      return { kind: 'boolean', value: emitter.lowerBoolean(args[0]!).value, isNull: null };
    case 'is_false': {
      const code = emitter.lowerBoolean(args[0]!);
      return {
        kind: 'boolean',
        value: `!(${code.value}${code.isNull === null ? '' : ` | ${code.isNull}`})`,
        isNull: null,
      };
    }
    case 'is_distinct':
      return isDistinct(args[0]!, args[1]!, emitter);
    case 'coalesce':
      return coalesce(call, emitter);
    case 'nullif':
      return nullIf(call, emitter);
    default:
      return extreme(call, name === 'greatest' ? '>' : '<', emitter);
  }
}

function nullTest(code: RowCode, emitter: Emitter): string {
  return code.kind === 'text' ? textIsNull(code, emitter) : (code.isNull ?? 'false');
}

/** Both sides in the type that they are compared in. */
function aligned(left: BoundExpression, right: BoundExpression, emitter: Emitter): [NumberCode, NumberCode] {
  const type = commonType(left.type, right.type);
  if (
    type === null ||
    !['integer', 'decimal', 'double', 'float', 'date', 'timestamp', 'boolean', 'time', 'null'].includes(
      type.kind,
    )
  ) {
    throw new NotOnKernels('this comparison is left to the source');
  }
  const bothFloat = type.kind === 'float' && (left.type.kind !== 'float' || right.type.kind !== 'float');
  if (bothFloat) throw new NotOnKernels('comparison with FLOAT is left to the source');
  const wanted: SqlType = type.kind === 'boolean' ? { kind: 'integer', bits: 8, signed: true } : type;
  return [toNumber(left, wanted, emitter), toNumber(right, wanted, emitter)];
}

function texts(left: BoundExpression, right: BoundExpression, emitter: Emitter): [TextCode, TextCode] | null {
  if (!isText(left) && !isText(right)) return null;
  // A bare NULL beside a text has no dictionary; the caller handles it.
  if (left.type.kind === 'null' || right.type.kind === 'null') return null;
  const [a, b] = [emitter.lower(left), emitter.lower(right)];
  if (a.kind !== 'text' || b.kind !== 'text') throw new NotOnKernels('a text is compared with a number');
  return [a, b];
}

function compare(
  operator: string,
  left: BoundExpression,
  right: BoundExpression,
  emitter: Emitter,
): BooleanCode {
  const both = texts(left, right, emitter);
  if (both !== null) return compareTexts(operator, both[0], both[1], emitter);
  if (left.type.kind === 'null' || right.type.kind === 'null')
    return { kind: 'boolean', value: 'false', isNull: 'true' };
  const [a, b] = aligned(left, right, emitter);
  const isNull = anyNull(a.isNull, b.isNull);
  const [x, y] = [a, b].map(({ value }) => {
    const constant = emitter.constantOf(value);
    return constant === null ? value : emitter.whole(constant);
  });
  const condition = `${x} ${javascriptOperator(operator)} ${y}`;
  return { kind: 'boolean', value: isNull === null ? condition : `(!${isNull} & ${condition})`, isNull };
}

/** Three-valued AND and OR: NULL unless one side decides. */
function connect(name: 'and' | 'or', args: readonly BoundExpression[], emitter: Emitter): BooleanCode {
  const codes = args.map((argument) => emitter.lowerBoolean(argument));
  const value = `(${codes.map((code) => code.value).join(name === 'and' ? ' & ' : ' | ')})`;
  const nullable = codes.filter((code) => code.isNull !== null);
  if (nullable.length === 0) return { kind: 'boolean', value, isNull: null };
  const someNull = nullable.map((code) => code.isNull!).join(' | '); // filtered just now
  const decided =
    name === 'or'
      ? value
      : `(${codes.map((code) => `!(${code.value}${code.isNull === null ? '' : ` | ${code.isNull}`})`).join(' | ')})`;
  return { kind: 'boolean', value, isNull: `((${someNull}) & !${emitter.temporary(decided)})` };
}

/** Items as code up to so many; more go into a set. */
const itemsInlineMax = 8;

function isIn([operand, ...items]: readonly BoundExpression[], emitter: Emitter): BooleanCode {
  const values = items.map((item) => tryEvaluate(item, () => null));
  const hasNull = values.includes(null);
  const present = items.filter((_, place) => values[place] !== null);
  if (
    !items.every((item) => item.kind === 'constant') ||
    (present.length <= itemsInlineMax && !isText(operand!))
  ) {
    const tests = items.map((item) => compare('=', operand!, item, emitter));
    return connectTests(tests, emitter);
  }
  const code = emitter.lower(operand!);
  if (code.kind === 'text')
    return textIn(
      code,
      values.filter((value) => typeof value === 'string'),
      hasNull,
      emitter,
    );
  const types = present.map((item) => item.type);
  if (
    code.kind !== 'number' ||
    types.some((type) => type.kind !== 'integer') ||
    operand!.type.kind !== 'integer'
  ) {
    throw new NotOnKernels('a long list of these values is left to the source');
  }
  const isOneOf = emitter.helper({ kind: 'is-one-of', values: values.map(Number) });
  const found = emitter.temporary(`${isOneOf}(${code.value})`);
  const isNull = anyNull(code.isNull, hasNull ? `!${found}` : null);
  return { kind: 'boolean', value: code.isNull === null ? found : `(!${code.isNull} & ${found})`, isNull };
}

/** OR of tests that are already code. */
function connectTests(tests: readonly BooleanCode[], emitter: Emitter): BooleanCode {
  const value = emitter.temporary(`(${tests.map((test) => test.value).join(' | ')})`);
  const nulls = anyNull(...tests.map((test) => test.isNull));
  return { kind: 'boolean', value, isNull: nulls === null ? null : `(!${value} & ${nulls})` };
}

function textIn(
  { code, dictionary }: TextCode,
  items: readonly string[],
  hasNull: boolean,
  emitter: Emitter,
): BooleanCode {
  const table = new Uint8Array(dictionary.length + 1);
  if (hasNull) table.fill(2);
  for (const item of items) {
    const place = codeOf(dictionary, item);
    if (place >= 0) table[place] = 1;
  }
  table[dictionary.length] = 2;
  const name = emitter.table(table);
  return { kind: 'boolean', value: `${name}[${code}] === 1`, isNull: `${name}[${code}] === 2` };
}

function isDistinct(left: BoundExpression, right: BoundExpression, emitter: Emitter): BooleanCode {
  const both = texts(left, right, emitter);
  if (both !== null) {
    // In a merged dictionary NULL is a code like any other.
    const merged = mergeTexts(both);
    const [a, b] = merged.texts.map((text) => remapped(text, emitter)) as [string, string]; // two texts
    return { kind: 'boolean', value: `${a} !== ${b}`, isNull: null };
  }
  if (left.type.kind === 'null' || right.type.kind === 'null') {
    const [a, b] = [nullTest(emitter.lower(left), emitter), nullTest(emitter.lower(right), emitter)];
    return { kind: 'boolean', value: `!(${a} & ${b})`, isNull: null };
  }
  const [a, b] = aligned(left, right, emitter);
  const [aNull, bNull] = [a.isNull ?? 'false', b.isNull ?? 'false'];
  return {
    kind: 'boolean',
    value: `((${aNull} | ${bNull}) ? ${aNull} ^ ${bNull} : ${a.value} !== ${b.value})`,
    isNull: null,
  };
}

function numbersOf(call: FunctionCall, emitter: Emitter): NumberCode[] {
  if (['varchar', 'boolean', 'interval', 'other'].includes(call.type.kind))
    throw new NotOnKernels(`${call.name} of these types is left to the source`);
  return call.arguments.map((argument) => toNumber(argument, call.type, emitter));
}

function coalesce(call: FunctionCall, emitter: Emitter): RowCode {
  if (call.type.kind === 'varchar') {
    const codes = call.arguments
      .map((argument) => emitter.lower(argument))
      .filter((code) => code.kind === 'text');
    const { merged, texts: parts } = mergeTexts(codes);
    const end = emitter.whole(merged.length);
    const names = parts.map((part) => emitter.temporary(remapped(part, emitter)));
    const code = names.reduceRight((rest, name) => `(${name} === ${end} ? ${rest} : ${name})`, end);
    return { kind: 'text', code, dictionary: merged };
  }
  const codes = numbersOf(call, emitter);
  const value = codes
    .slice(0, -1)
    .reduceRight(
      (rest, code) => (code.isNull === null ? code.value : `(${code.isNull} ? ${rest} : ${code.value})`),
      codes.at(-1)!.value,
    ); // at least one argument
  const nulls = codes.map((code) => code.isNull);
  return { kind: 'number', value, isNull: nulls.includes(null) ? null : `(${nulls.join(' & ')})` };
}

function nullIf(call: FunctionCall, emitter: Emitter): RowCode {
  const [left, right] = call.arguments as readonly [BoundExpression, BoundExpression]; // two arguments
  if (isText(left)) {
    const equal = compare('=', left, right, emitter);
    const code = emitter.lower(left) as TextCode; // its type is VARCHAR
    return { ...code, code: `(${equal.value} ? ${emitter.whole(code.dictionary.length)} : ${code.code})` };
  }
  const equal = compare('=', left, right, emitter);
  const code = toNumber(left, call.type, emitter);
  return { ...code, isNull: anyNull(code.isNull, equal.value) };
}

/** The least or greatest of the arguments that are not NULL. */
function extreme(call: FunctionCall, operator: '<' | '>', emitter: Emitter): NumberCode {
  return numbersOf(call, emitter).reduce((best, code) => {
    const better = `${code.value} ${operator} ${best.value}`;
    const takesCode = [best.isNull, code.isNull === null ? better : `(!${code.isNull} & ${better})`]
      .filter((part) => part !== null)
      .join(' | ');
    const isNull = best.isNull === null || code.isNull === null ? null : `(${best.isNull} & ${code.isNull})`;
    return {
      kind: 'number',
      value: emitter.temporary(`(${takesCode}) ? ${code.value} : ${best.value}`),
      isNull: isNull === null ? null : emitter.temporary(isNull),
    };
  });
}
