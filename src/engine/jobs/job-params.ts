import type { ParameterValue, Parameters } from '../../planner/index.ts';

/** A value as JSON has it: what JSON has no form for is marked. */
type Encoded = string | boolean | number | null | { readonly bigint: string } | { readonly date: string } | { readonly number: string }; // prettier-ignore

function encode(value: ParameterValue): Encoded {
  if (typeof value === 'bigint') return { bigint: String(value) };
  if (value instanceof Date) return { date: String(value.getTime()) };
  // JSON has neither NaN nor the infinities, and takes the sign off zero.
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
    return { number: Object.is(value, -0) ? '-0' : String(value) };
  return value;
}

function decode(value: Encoded): ParameterValue {
  if (value === null || typeof value !== 'object') return value;
  if ('bigint' in value) return BigInt(value.bigint);
  return 'date' in value ? new Date(Number(value.date)) : Number(value.number);
}

/** Parameters as text that {@link readParams} reads. */
export function writeParams(params: Parameters): string {
  // isArray does not tell a readonly array from an object.
  return Array.isArray(params)
    ? JSON.stringify((params as readonly ParameterValue[]).map(encode))
    : JSON.stringify({
        named: Object.entries(params).map(([name, value]) => [name, encode(value)]),
      });
}

/** @param text of {@link writeParams} */
export function readParams(text: string): Parameters {
  const read = JSON.parse(text) as Encoded[] | { readonly named: readonly [string, Encoded][] }; // as it was written
  if (Array.isArray(read)) return read.map(decode);
  // A parameter may be called __proto__: this makes it a property like any other.
  return Object.fromEntries(read.named.map(([name, value]) => [name, decode(value)]));
}
