import type { StratumMoments } from '../plan/index.ts';

/** What a column or measure adds to a contribution: slope · x. */
export interface SumPart {
  readonly slope: number;
  /** No x of a row that matches lies outside. */
  readonly low: number;
  readonly high: number;
  readonly known: StratumMoments;
}

/** u = constant + Σ slope · x */
interface Sum {
  readonly constant: number;
  readonly parts: readonly SumPart[];
}

/** What E u² and E|u|³ are at most. */
export interface SumBounds {
  /** By the moments of all parts. */
  readonly second: number;
  /** With the moments of all parts, of all but the first, but the first two …: of those the reach is taken instead. */
  readonly thirds: readonly number[];
}

/** The parts of which moments are used: the mean of their sum, Σ ‖p‖₂ and Σ ‖p‖₃ of their distances from their means. */
interface Norms {
  readonly mean: number;
  readonly second: number;
  readonly third: number;
}

/**
 * Bounds of the moments of u in a stratum, however its parts go together. With p the parts of which the reach is taken, the constant
 * and the means of the others, and q these others' distances from their means, Minkowski's inequality says
 *
 *     E|u|³ ≤ (‖p‖₃ + ‖q‖₃)³,   ‖p‖₃³ ≤ max|p| · E p²,   ‖p‖₂ ≤ ‖u‖₂ + ‖q‖₂
 *
 * and ‖q‖₃³ ≤ √(E q² · E q⁴) by Cauchy and Schwarz.
 * @param rootMeanSquare ‖u‖₂, by the rows read
 */
export function boundsOfSum({ constant, parts }: Sum, stratum: number, rootMeanSquare: number): SumBounds {
  const thirds: number[] = [];
  let norms: Norms = { mean: 0, second: 0, third: 0 };
  // From the last on, so that the norms of those that are left add up.
  for (let place = parts.length - 1; place >= 0; place--) {
    norms = withNorms(norms, parts[place]!, stratum); // a place of parts
    const shift = constant + norms.mean;
    thirds[place] =
      (thirdNorm(parts.slice(0, place), shift, rootMeanSquare + norms.second) + norms.third) ** 3;
  }
  return { second: (Math.abs(constant + norms.mean) + norms.second) ** 2, thirds };
}

/** ‖p‖₃ at most, of the constant and so many parts of which the reach is taken. @param secondNorm ‖p‖₂ at most */
function thirdNorm(parts: readonly SumPart[], constant: number, secondNorm: number): number {
  if (parts.length === 0) return Math.abs(constant);
  let [least, most] = [constant, constant];
  for (const { slope, low, high } of parts) {
    least += Math.min(slope * low, slope * high);
    most += Math.max(slope * low, slope * high);
  }
  return Math.cbrt(Math.max(Math.abs(least), Math.abs(most)) * secondNorm ** 2);
}

function withNorms({ mean, second, third }: Norms, { slope, known }: SumPart, stratum: number): Norms {
  const rows = known.count[stratum]!; // one entry a stratum
  if (rows === 0) return { mean, second, third };
  const [squares, fourths] = [known.centred[0]![stratum]! / rows, known.centred[2]![stratum]! / rows]; // orders from 2
  return {
    mean: mean + slope * known.mean[stratum]!, // one a stratum
    second: second + Math.abs(slope) * Math.sqrt(squares),
    third: third + Math.abs(slope) * (squares * fourths) ** (1 / 6),
  };
}
