import { microsPerDay } from '../../common/index.ts';
import {
  type BoundExpression,
  type CastExpression,
  type FunctionCall,
  integerRange,
  isNumeric,
  type Range,
  type SqlType,
} from '../../plan/index.ts';
import type { HelperSpec } from '../helpers.ts';
import { isNeverZero } from './always-finite.ts';
import { anyNull, type Emitter, NotOnKernels, type NumberCode, type RowCode } from './emitter.ts';

/** Functions of numbers that have code below. */
export const numericFunctions: ReadonlySet<string> = new Set([
  '+', '-', '*', '/', '//', '%', 'negate', 'abs', 'sign', 'round', 'floor', 'ceil', 'trunc', 'pow', 'sqrt', 'cbrt', 'exp', 'ln', 'log10', 'log2',
  'sin', 'cos', 'tan', 'atan', 'radians', 'degrees', 'pi',
]); // prettier-ignore

const scaleOf = (type: SqlType): number => (type.kind === 'decimal' ? type.scale : 0);
const isWhole = (type: SqlType): boolean => ['integer', 'decimal', 'date', 'timestamp'].includes(type.kind);

/** The expression's value in the form of another numeric or calendar type that holds it. @throws NotOnKernels */
export function toNumber(expression: BoundExpression, type: SqlType, emitter: Emitter): NumberCode {
  const code = emitter.lower(expression);
  if (code.kind === 'text') throw new NotOnKernels('a text stands where a number is wanted');
  const number: NumberCode =
    code.kind === 'boolean' ? { ...code, kind: 'number', value: `+(${code.value})` } : code;
  return convert(number, expression.type, type, emitter);
}

function convert(code: NumberCode, from: SqlType, to: SqlType, emitter: Emitter): NumberCode {
  const times = (factor: number): NumberCode => {
    const constant = emitter.constantOf(code.value);
    const value =
      constant === null
        ? emitter.temporary(`${code.value} * ${factor}`)
        : emitter.constant(constant * factor);
    return { ...code, value };
  };
  if (from.kind === 'date' && to.kind === 'timestamp') return times(microsPerDay);
  const [own, wanted] = [scaleOf(from), scaleOf(to)];
  if (to.kind === 'double' || to.kind === 'float')
    return own === 0 ? code : { ...code, value: emitter.temporary(`${code.value} / ${10 ** own}`) };
  if (wanted === own) return code;
  if (wanted > own) return times(10 ** (wanted - own));
  throw new NotOnKernels('a DECIMAL loses digits');
}

/** @throws NotOnKernels where a whole number might leave its type, or what a double holds exactly */
export function requireInRange(expression: BoundExpression, emitter: Emitter): void {
  const { type } = expression;
  if (!isWhole(type)) return;
  const range = emitter.rangeOf(expression);
  let limit = Number.MAX_SAFE_INTEGER;
  let least = -limit;
  if (type.kind === 'integer')
    [least, limit] = [
      Math.max(least, Number(integerRange(type).low)),
      Math.min(limit, Number(integerRange(type).high)),
    ];
  if (type.kind === 'decimal')
    [least, limit] = [Math.max(least, -(10 ** type.precision)), Math.min(limit, 10 ** type.precision)];
  if (range === null || range.low < least || range.high > limit)
    throw new NotOnKernels('a whole number might overflow');
}

/** Code of a numeric function. @throws NotOnKernels */
export function lowerNumeric(call: FunctionCall, emitter: Emitter): RowCode {
  const { type, arguments: args } = call;
  if (type.kind === 'float') throw new NotOnKernels('arithmetic of FLOAT is left to the source');
  if (
    !isNumeric(type) ||
    !args.every((argument) => isNumeric(argument.type) || argument.type.kind === 'null')
  ) {
    throw new NotOnKernels(`${call.name} of these types is left to the source`);
  }
  requireInRange(call, emitter);
  return args.length === 2 && call.name !== 'round' ? binary(call, emitter) : unary(call, emitter);
}

function binary(call: FunctionCall, emitter: Emitter): NumberCode {
  const { name, type } = call;
  const [left, right] = call.arguments as readonly [BoundExpression, BoundExpression]; // two arguments
  const asDouble = (expression: BoundExpression): NumberCode =>
    toNumber(expression, { kind: 'double' }, emitter);
  const asOwn = (expression: BoundExpression): NumberCode => toNumber(expression, expression.type, emitter);
  const asResult = (expression: BoundExpression): NumberCode => toNumber(expression, type, emitter);
  // A product of DECIMALs multiplies the scaled integers: their scales add up.
  const operand =
    name === '*' && type.kind !== 'double'
      ? asOwn
      : name === '/' || name === 'pow' || type.kind === 'double'
        ? asDouble
        : asResult;
  const [a, b] = [operand(left), operand(right)];
  const isNull = anyNull(a.isNull, b.isNull);
  const divisorIsZero = isNeverZero(right, emitter.source.range) ? null : `${b.value} === 0`;
  switch (name) {
    case '+':
    case '-':
    case '*':
      return { kind: 'number', value: `${a.value} ${name} ${b.value}`, isNull };
    case '/':
      return { kind: 'number', value: `${a.value} / ${b.value}`, isNull: anyNull(isNull, divisorIsZero) };
    case '//':
      return {
        kind: 'number',
        value:
          type.kind === 'double' ? `${a.value} / ${b.value}` : quotientCut(call, a.value, b.value, emitter),
        isNull: anyNull(isNull, divisorIsZero),
      };
    case '%':
      return {
        kind: 'number',
        value: remainder(call, a.value, b.value, emitter),
        isNull: anyNull(isNull, divisorIsZero),
      };
    case 'pow': {
      const base = emitter.rangeOf(left);
      if (base === null || base.low < 0)
        throw new NotOnKernels('a power of a negative number is left to the source');
      return { kind: 'number', value: `${a.value} ** ${b.value}`, isNull };
    }
    default:
      throw new Error(`no code for ${name}`);
  }
}

/**
 * The quotient of whole numbers, cut towards zero. Doubles that hold both exactly are divided without ever being rounded up to a
 * whole number: that is further away than what rounding does.
 */
function quotientCut(call: FunctionCall, a: string, b: string, emitter: Emitter): string {
  if (!isWord(call, emitter)) return `(Math.trunc(${a} / ${b}) + 0)`;
  const isOfIntegers = call.arguments.every(({ type }) => type.kind === 'integer');
  const range = isOfIntegers ? emitter.rangeOf(call.arguments[0]!) : null; // it has two
  const product = productFor(range, emitter.constantOf(b));
  return product === null
    ? `(${a} / ${b} | 0)`
    : `(Math.imul(${a}, ${emitter.whole(product.factor)}) >> ${emitter.whole(product.shift)})`;
}

/**
 * A multiplication in 32 bits that cuts quotients of whole numbers in a range just as a division does, and takes a third of its time.
 * With factor · divisor = 2^shift + e a number x gives x / divisor + x · e / (divisor · 2^shift), which reaches no further whole number
 * as long as x · e < 2^shift.
 * @see Warren, Hacker's Delight, section 10-9
 * @returns null where there is none
 */
export function productFor(
  range: Range | null,
  divisor: number | null,
): { readonly factor: number; readonly shift: number } | null {
  if (range === null || range.low < 0 || divisor === null || !(divisor > 0)) return null;
  for (let shift = 0; shift < 31; shift++) {
    const factor = Math.ceil(2 ** shift / divisor);
    if (factor * range.high >= 2 ** 31) return null;
    if ((factor * divisor - 2 ** shift) * range.high < 2 ** shift) return { factor, shift };
  }
  return null;
}

/** Of numbers of 32 bits it is a machine's, of doubles a function's. */
function remainder(call: FunctionCall, a: string, b: string, emitter: Emitter): string {
  const isOfWords = call.arguments.every((part) => part.type.kind === 'integer' && isWord(part, emitter));
  const constant = emitter.constantOf(b);
  return isOfWords ? `(${a} % ${constant === null ? b : emitter.whole(constant)} | 0)` : `${a} % ${b}`;
}

function isWord(expression: BoundExpression, emitter: Emitter): boolean {
  const range = emitter.rangeOf(expression);
  return range !== null && range.low > -(2 ** 31) && range.high < 2 ** 31;
}

/** Functions of a double, and the least argument for which DuckDB computes them (strictly above where it raises an error at it). */
const realFunctions: Readonly<Record<string, { readonly code: string; readonly above?: number; readonly from?: number }>> = {
  sqrt: { code: 'Math.sqrt', from: 0 }, cbrt: { code: 'Math.cbrt' }, exp: { code: 'Math.exp' }, ln: { code: 'Math.log', above: 0 },
  log10: { code: 'Math.log10', above: 0 }, log2: { code: 'Math.log2', above: 0 }, sin: { code: 'Math.sin' }, cos: { code: 'Math.cos' },
  tan: { code: 'Math.tan' }, atan: { code: 'Math.atan' }, radians: { code: `${Math.PI} / 180 *` }, degrees: { code: `180 / ${Math.PI} *` },
}; // prettier-ignore

function unary(call: FunctionCall, emitter: Emitter): NumberCode {
  const { name } = call;
  const [argument] = call.arguments;
  if (argument === undefined) return { kind: 'number', value: emitter.constant(Math.PI), isNull: null };
  const real = realFunctions[name];
  if (real !== undefined) {
    const x = toNumber(argument, { kind: 'double' }, emitter);
    const scale = 10 ** -scaleOf(argument.type);
    const low = (emitter.rangeOf(argument)?.low ?? Number.NEGATIVE_INFINITY) * scale;
    const inDomain =
      (real.above === undefined || low > real.above) && (real.from === undefined || low >= real.from);
    if (!inDomain) throw new NotOnKernels(`${name} might leave its domain`);
    return { ...x, value: `${real.code}(${x.value})` };
  }
  const x = toNumber(argument, argument.type, emitter);
  switch (name) {
    case 'negate':
      return { ...x, value: `0 - ${x.value}` };
    case 'abs':
      return { ...x, value: `Math.abs(${x.value})` };
    case 'sign':
      return { ...x, value: `Math.sign(${x.value})` };
    default:
      return { ...x, value: rounded(call, argument.type, x.value, emitter) };
  }
}

/** floor, ceil, trunc and round. */
function rounded(
  { name, arguments: args }: FunctionCall,
  type: SqlType,
  x: string,
  emitter: Emitter,
): string {
  const placesArgument = args[1];
  if (placesArgument !== undefined && placesArgument.kind !== 'constant')
    throw new NotOnKernels('places that vary are left to the source');
  const places = Number(placesArgument?.value ?? 0);
  if (type.kind === 'integer') {
    if (places < 0) throw new NotOnKernels('rounding to tens is left to the source');
    return x;
  }
  if (type.kind === 'decimal') {
    if (places < 0) throw new NotOnKernels('rounding to tens is left to the source');
    const unit = 10 ** Math.max(0, type.scale - places);
    if (name === 'round') return unit === 1 ? x : `${emitter.helper(halfAway(unit))}(${x})`;
    return `Math.${name}(${x} / ${unit})`;
  }
  if (name !== 'round') return `Math.${name}(${x})`;
  return `${emitter.helper(places === 0 ? halfAway(1) : { kind: 'round-places', places })}(${x})`;
}

const halfAway = (divisor: number, factor = 1): HelperSpec => ({ kind: 'round-half-away', divisor, factor });

/** Code of a cast between numbers, dates and timestamps. @throws NotOnKernels */
export function lowerCast(cast: CastExpression, emitter: Emitter): RowCode {
  const { operand, type } = cast;
  const from = operand.type;
  if (from.kind === type.kind && from.kind !== 'decimal' && from.kind !== 'integer')
    return emitter.lower(operand);
  const code = emitter.lower(operand);
  if (type.kind === 'boolean' && code.kind === 'number') {
    return {
      kind: 'boolean',
      value: code.isNull === null ? `${code.value} !== 0` : `(!${code.isNull} & ${code.value} !== 0)`,
      isNull: code.isNull,
    };
  }
  if (
    type.kind === 'varchar' ||
    type.kind === 'float' ||
    code.kind === 'text' ||
    (code.kind === 'boolean' && !isNumeric(type))
  ) {
    throw new NotOnKernels('this cast is left to the source');
  }
  requireInRange(cast, emitter);
  if (type.kind === 'date' && from.kind === 'timestamp') {
    const x = toNumber(operand, from, emitter);
    return { ...x, value: `Math.floor(${x.value} / ${microsPerDay})` };
  }
  if (
    (from.kind === 'double' || from.kind === 'float') &&
    (type.kind === 'integer' || type.kind === 'decimal')
  ) {
    const x = toNumber(operand, from, emitter);
    const round: HelperSpec =
      type.kind === 'integer' ? { kind: 'round-half-even' } : halfAway(1, 10 ** scaleOf(type));
    return { ...x, value: `${emitter.helper(round)}(${x.value})` };
  }
  const lost = scaleOf(from) - scaleOf(type);
  if (from.kind === 'decimal' && lost > 0 && type.kind !== 'double') {
    const x = toNumber(operand, from, emitter);
    return { ...x, value: `${emitter.helper(halfAway(10 ** lost))}(${x.value})` };
  }
  const castable = isNumeric(type) || (from.kind === 'date' && type.kind === 'timestamp');
  if (!castable) throw new NotOnKernels('this cast is left to the source');
  return toNumber(operand, type, emitter);
}
