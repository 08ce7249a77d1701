/** Powers of ten outside of these are written with an exponent. */
const exponentMax = 15;
const decimalsMax = 9;
/** Digits of a number that has no interval to say how many matter. */
const plainDigits = 10;

/** Puts commas between the thousands of a decimal number's integer part. */
export function groupThousands(digits: string): string {
  const [integer = '', ...rest] = digits.split('.');
  return [integer.replace(/\B(?=(\d{3})+$)/g, ','), ...rest].join('.');
}

/** The exponent of a number's first digit: 2 for 123, −2 for 0.05. */
export function magnitudeOf(value: number): number {
  return Number(value.toExponential().split('e')[1]);
}

/** A number with its last digit at 10^exponent; digits before the point are all shown. */
export function formatTo(value: number, exponent: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value !== 0 && (magnitudeOf(value) >= exponentMax || exponent < -decimalsMax))
    return value.toExponential(Math.min(20, Math.max(0, magnitudeOf(value) - exponent)));
  return groupThousands(value.toFixed(Math.max(0, Math.min(decimalsMax, -exponent))));
}

/** A number by itself: whole numbers in full, others to so many digits. */
export function formatPlain(value: number, digits: number = plainDigits): string {
  const text = Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(digits)));
  return text.includes('e') || !Number.isFinite(value) ? text : groupThousands(text);
}

/** A whole number of things: `12,288`. */
export function formatCount(count: number): string {
  return groupThousands(String(Math.round(count)));
}

/** A share as a percentage: `95 %`. */
export function formatPercent(share: number): string {
  return `${Number((share * 100).toPrecision(4))} %`;
}

/** A time as people say it: `4.1 ms`, `81 ms`, `1.5 s`. */
export function formatMs(ms: number): string {
  if (ms < 0.1) return '<0.1 ms';
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  return ms < 999.5 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
