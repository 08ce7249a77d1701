import { convertScalar, rescale, toDecimal, toInteger, Unevaluable } from '../convert.ts';
import { toDouble } from '../scalar.ts';
import {
  bigintType,
  type DecimalType,
  doubleType,
  hugeintType,
  type SqlType,
  varcharType,
} from '../sql-type.ts';
import type { Invocation, ScalarFunction, Value } from './definition.ts';

/** A function of one real number. `domain` says where DuckDB computes it without raising an error. */
function real(
  name: string,
  value: (x: number) => number,
  options: { aliases?: readonly string[]; domain?: (x: number) => boolean } = {},
): ScalarFunction {
  const { aliases = [], domain = () => true } = options;
  return {
    name,
    aliases,
    parameters: ['number'],
    result: () => doubleType,
    evaluate: ([a], { argumentTypes }) => {
      const x = toDouble(a as number, argumentTypes[0]!); // a number by its parameter
      if (!domain(x)) throw new Unevaluable(`${name} of ${x}`);
      return value(x);
    },
  };
}

/** Away from zero at a half, as SQL rounds. */
export function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}

/** Rounds a double to decimal places as DuckDB does: scaled, rounded, scaled back; the value itself where that overflows. */
export function roundPlaces(value: number, places: number): number {
  const factor = 10 ** Math.abs(places);
  const rounded =
    places < 0 ? roundHalfAway(value / factor) * factor : roundHalfAway(value * factor) / factor;
  return Number.isFinite(rounded) ? rounded : places < 0 ? 0 : value;
}

/** floor, ceil, trunc and round without places: DECIMAL keeps its digits and loses its scale, integers pass. */
function whole(
  name: string,
  aliases: readonly string[],
  onDouble: (x: number) => number,
  integers: 'double' | 'same',
  onDecimal: (scaled: bigint, scale: number) => bigint,
): ScalarFunction {
  return {
    name,
    aliases,
    parameters: ['number'],
    result: ([arg]) => {
      const { type } = arg!;
      if (type.kind === 'decimal') return { ...type, scale: 0 };
      return type.kind === 'integer' && integers === 'double'
        ? doubleType
        : type.kind === 'null'
          ? doubleType
          : type;
    },
    evaluate: ([a], { argumentTypes, type }) => {
      const from = argumentTypes[0]!;
      if (from.kind === 'decimal')
        return toDecimal(onDecimal(BigInt(a as number), from.scale), from.precision);
      return from.kind === 'integer' ? convertScalar(a!, from, type) : onDouble(Number(a));
    },
  };
}

const floorDecimal = (scaled: bigint, scale: number): bigint => {
  const unit = 10n ** BigInt(scale);
  return scaled / unit - (scaled % unit < 0n ? 1n : 0n);
};

function roundType(args: Parameters<ScalarFunction['result']>[0]): SqlType | null {
  const { type } = args[0]!;
  if (type.kind === 'null') return doubleType;
  if (type.kind === 'integer' && !type.signed) return type.bits < 64 ? bigintType : hugeintType;
  if (type.kind !== 'decimal') return type;
  const places = args[1] === undefined ? 0 : args[1].kind === 'constant' ? Number(args[1].value) : null;
  return places === null ? doubleType : { ...type, scale: Math.min(type.scale, Math.max(0, places)) };
}

function round([a, b = 0]: readonly Value[], { argumentTypes, type }: Invocation): Value | null {
  const from = argumentTypes[0]!;
  const places = Number(b);
  if (from.kind === 'integer' || from.kind === 'decimal') {
    const scale = from.kind === 'decimal' ? from.scale : 0;
    if (places >= scale) return convertScalar(a!, from, type);
    const kept = rescale(BigInt(a as number), scale, places) * 10n ** BigInt(Math.max(0, -places));
    return type.kind === 'integer'
      ? toInteger(kept, type)
      : toDecimal(rescale(kept, Math.max(0, places), (type as DecimalType).scale), 38);
  }
  return roundPlaces(Number(a), places);
}

const sameNumber: ScalarFunction['result'] = ([arg]) => arg!.type;

/** Functions of numbers. */
export const mathFunctions: readonly ScalarFunction[] = [
  {
    name: 'abs',
    parameters: ['number'],
    result: sameNumber,
    evaluate: ([a], { type }) => {
      if (type.kind !== 'integer') return typeof a === 'bigint' ? (a < 0n ? -a : a) : Math.abs(Number(a));
      const value = BigInt(a as number);
      return toInteger(value < 0n ? -value : value, type);
    },
  },
  {
    name: 'sign',
    parameters: ['number'],
    result: () => ({ kind: 'integer', bits: 8, signed: true }),
    evaluate: ([a]) => Math.sign(Number(a)) + 0,
  },
  { name: 'round', parameters: ['number', 'integer'], optional: 1, result: roundType, evaluate: round },
  whole('floor', [], Math.floor, 'double', floorDecimal),
  whole('ceil', ['ceiling'], Math.ceil, 'double', (scaled, scale) => -floorDecimal(-scaled, scale)),
  whole('trunc', [], Math.trunc, 'same', (scaled, scale) => scaled / 10n ** BigInt(scale)),
  real('sqrt', Math.sqrt, { domain: (x) => x >= 0 }),
  real('cbrt', Math.cbrt),
  real('exp', Math.exp),
  real('ln', Math.log, { domain: (x) => x > 0 }),
  real('log10', Math.log10, { aliases: ['log'], domain: (x) => x > 0 }),
  real('log2', Math.log2, { domain: (x) => x > 0 }),
  real('sin', Math.sin),
  real('cos', Math.cos),
  real('tan', Math.tan),
  real('atan', Math.atan),
  real('radians', (x) => (x * Math.PI) / 180),
  real('degrees', (x) => (x * 180) / Math.PI),
  { name: 'asin', parameters: ['number'], result: () => doubleType },
  { name: 'acos', parameters: ['number'], result: () => doubleType },
  { name: 'atan2', parameters: ['number', 'number'], result: () => doubleType },
  { name: 'pi', parameters: [], result: () => doubleType, evaluate: () => Math.PI },
  {
    name: 'hash',
    parameters: ['any'],
    variadic: true,
    result: () => ({ kind: 'integer', bits: 64, signed: false }),
  },
  { name: 'bit_count', parameters: ['integer'], result: () => ({ kind: 'integer', bits: 8, signed: true }) },
  { name: 'gcd', parameters: ['integer', 'integer'], result: () => bigintType },
  { name: 'lcm', parameters: ['integer', 'integer'], result: () => bigintType },
  { name: 'factorial', parameters: ['integer'], result: () => hugeintType },
  { name: 'format', parameters: ['text', 'any'], optional: 1, variadic: true, result: () => varcharType },
];
