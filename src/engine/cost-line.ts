import { linearRegression, median } from 'simple-statistics';

/** A piece of work's size and what it took, milliseconds. */
export type Point = readonly [size: number, elapsedMs: number];

/** Time as a line over size, milliseconds. */
export interface CostLine {
  readonly baseMs: number;
  readonly msPerUnit: number;
}

export function costAt({ baseMs, msPerUnit }: CostLine, size: number): number {
  return baseMs + msPerUnit * size;
}

/** Points that a line is fitted to at least, and by what factor their sizes differ at least. */
const pointsMin = 8;
const spreadMin = 4;

/** A unit that takes so many times as long as was known before is chance: among few works of much the same size any may be the slowest. */
const steepnessMax = 100;

/** Fits in a row, each weighted by what the last one says. */
const passes = 4;

/**
 * The line from which points differ least in proportion to their cost: ordinary least squares would fit the largest work alone.
 * @param prior what to go by where there are too few points, or they give no line that rises, or one that is too steep
 */
export function fitLine(points: readonly Point[], prior: CostLine): CostLine {
  if (points.length === 0) return prior;
  let fitted = points.length >= pointsMin ? roughLine(points) : null;
  for (let pass = 0; pass < passes && fitted !== null; pass++) fitted = fitInProportion(points, fitted);
  const isSteep = fitted !== null && fitted.msPerUnit > steepnessMax * prior.msPerUnit;
  const line = fitted === null || isSteep ? prior : fitted;
  // What is held up is held up by more than what is fast is faster: half of the points are to be above the line, and half below.
  const factor = median(points.map(([size, elapsedMs]) => elapsedMs / costAt(line, size)));
  return { baseMs: line.baseMs * factor, msPerUnit: line.msPerUnit * factor };
}

/** What is further off the line, by a factor, was held up by something else, or is of another kind. */
const offMax = 4;

/** The least cost as a base, and what a unit of the largest work takes; null where all are about as large. */
function roughLine(points: readonly Point[]): CostLine | null {
  const bySize = points.toSorted(([a], [b]) => a - b);
  const [[least], [greatest, greatestMs]] = [bySize[0]!, bySize.at(-1)!]; // there are points
  if (greatest < spreadMin * least) return null;
  return { baseMs: Math.min(...points.map(([, elapsedMs]) => elapsedMs)), msPerUnit: greatestMs / greatest };
}

/**
 * Least squares of (y − a − bx)/p(x). For a line p = p₀ + p₁x that is a regression of y/p on 1/p, whose slope is a − b·p₀/p₁ and
 * whose value at 0 is b/p₁.
 * @param scale p
 * @returns null where the line would not rise from 0 or more
 */
function fitInProportion(points: readonly Point[], scale: CostLine): CostLine | null {
  const ratios = points
    .map(([size, elapsedMs]) => [1 / costAt(scale, size), elapsedMs / costAt(scale, size)])
    .filter(([, ratio]) => ratio! <= offMax && ratio! >= 1 / offMax); // pairs
  const { m, b } = linearRegression(ratios);
  const line = { baseMs: m + b * scale.baseMs, msPerUnit: b * scale.msPerUnit };
  return line.baseMs >= 0 && line.msPerUnit > 0 ? line : null;
}
