import type { Estimate, JsonCell } from '../index.ts';
import { formatPlain, formatTo, magnitudeOf } from './format-number.ts';

/** An estimate in parts, so that a column can line them up. */
export interface EstimateText {
  readonly value: string;
  /** The half-width, `?` where the interval has no ends; null where it is given by its ends, or there is none. */
  readonly halfWidth: string | null;
  /** `(low … high)`, where the ends are not equally far from the value. */
  readonly ends: string | null;
  /** Not to be trusted as it stands, and nothing else says so. */
  readonly isMarked: boolean;
}

/** True for a cell that is an estimate. */
export function isEstimate(cell: JsonCell): cell is Estimate {
  return typeof cell === 'object' && cell !== null;
}

/** Digits of an exact value among estimates. */
const exactDigits = 7;
/** Ends whose distances from the value differ by less than this share are shown as one half-width, the larger. */
const unevenShare = 0.1;

/**
 * An estimate to as many digits as its interval gives sense to: the first two of the half-width. What is shown is never narrower
 * than what was found.
 */
export function formatEstimate({ value, low, high, exact, certified }: Estimate): EstimateText {
  const isMarked = !certified;
  if (value === null) return { value: 'NULL', halfWidth: null, ends: null, isMarked };
  if (exact) return { value: formatPlain(value, exactDigits), halfWidth: null, ends: null, isMarked };
  if (low === null && high === null)
    return { value: formatPlain(value), halfWidth: '?', ends: null, isMarked: false };
  const below = low === null ? Number.NaN : value - low;
  const above = high === null ? Number.NaN : high - value;
  const wider = Math.max(...[below, above].filter((width) => !Number.isNaN(width)));
  const unit = unitOf(wider);
  const shown = formatTo(value, unit);
  if (Math.abs(below - above) <= unevenShare * wider)
    return { value: shown, halfWidth: formatTo(roundUp(wider, unit), unit), ends: null, isMarked };
  const lowest = low === null ? '?' : formatTo(-roundUp(-low, unit), unit);
  const highest = high === null ? '?' : formatTo(roundUp(high, unit), unit);
  return { value: shown, halfWidth: null, ends: `(${lowest} … ${highest})`, isMarked };
}

/** The exponent of a half-width's second digit, once it is rounded up. */
function unitOf(halfWidth: number): number {
  if (halfWidth === 0) return 0;
  const exponent = magnitudeOf(halfWidth) - 1;
  return magnitudeOf(roundUp(halfWidth, exponent)) - 1;
}

/** Rounds up to a multiple of 10^exponent, but not for a rounding error of the division. */
function roundUp(value: number, exponent: number): number {
  const scale = 10 ** Math.abs(exponent);
  const inUnits = exponent < 0 ? value * scale : value / scale;
  const units = Math.ceil(inUnits - Math.abs(inUnits) * 1e-12);
  return exponent < 0 ? units / scale : units * scale;
}

const widest = (lengths: readonly number[]): number => lengths.reduce((a, b) => Math.max(a, b), 0);

/** The estimates of a column, each padded so that values, signs and marks stand under each other. */
export function alignEstimates(texts: readonly EstimateText[]): string[] {
  const valueWidth = widest(texts.map(({ value }) => value.length));
  const halfWidth = widest(texts.map((text) => text.halfWidth?.length ?? 0));
  const spread = (text: EstimateText): string => {
    if (text.halfWidth !== null) return ` ± ${text.halfWidth.padStart(halfWidth)}`;
    return text.ends === null ? '' : ` ${text.ends}`;
  };
  const spreadWidth = widest(texts.map((text) => spread(text).length));
  const marks = texts.some(({ isMarked }) => isMarked);
  return texts.map((text) => {
    const mark = text.isMarked ? ' ?' : '  ';
    return text.value.padStart(valueWidth) + spread(text).padEnd(spreadWidth) + (marks ? mark : '');
  });
}
