import { type Pieces, piecewise, withPauses } from '../common/index.ts';
import { priorityColumnName, stratumColumnName } from '../samples/index.ts';
import { type BuildScan, type Control, pauseOf } from '../sources/index.ts';
import { drawSample, type PriorityReach } from './build-sample.ts';
import { type HeldSample, heldSample } from './held-sample.ts';
import type { SamplePart } from './merge-samples.ts';
import { stratumText } from './stratum-text.ts';

/** Shares are kept to 53 bits, rounded down: rows whose other bits are larger are above them. */
const roundedUp = (share: number): number => share + 2 ** -52;

/**
 * Draws a sample of rows that a sample does not know, to be merged with it: into memory, and of each stratum no further than that one
 * reaches. What lies beyond would not stay.
 * @throws QueryError as {@link drawSample}; DAMAGED_SAMPLE
 */
export async function drawPart(
  scan: BuildScan,
  { sample, method }: SamplePart,
  seed: number,
  control: Control,
): Promise<SamplePart> {
  const { outliers } = method;
  const drawn = await drawSample(
    scan,
    {
      method,
      seed,
      ...(outliers === undefined ? {} : { outliersAs: outliers }),
      reach: await reachOf(sample, control),
    },
    control,
  );
  return {
    sample: await heldSample(drawn),
    method: drawn.outliers === null ? method : { ...method, outliers: drawn.outliers },
    isDrawnToFirst: true,
  };
}

/** How far a sample reaches into strata of the same keys: the share of the priorities' range up to which it has all rows. */
async function reachOf(sample: HeldSample, control: Control): Promise<PriorityReach> {
  const { rows, strata } = sample;
  const { values: stratum } = await sample.load(stratumColumnName, rows);
  const { values: priority } = await sample.load(priorityColumnName, rows);
  const largest = new Float64Array(strata.count);
  await withPauses(takeLargest(largest, stratum as Int32Array, priority as Float64Array), pauseOf(control)); // written as these
  const reach = new Map<string, number>();
  for (const [own, share] of largest.entries()) {
    // Of outliers, and of strata that it has whole, all rows are there.
    if (strata.sampled[own]! < strata.population[own]!)
      reach.set(stratumText(strata.keys, own), roundedUp(share));
  }
  return ({ count, takeAll, keys }) =>
    Float64Array.from({ length: count }, (_, own) =>
      takeAll?.[own] === 1 ? 1 : (reach.get(stratumText(keys, own)) ?? 1),
    );
}

/** Writes the largest priority of each stratum. */
function* takeLargest(largest: Float64Array, stratum: Int32Array, priority: Float64Array): Pieces<void> {
  yield* piecewise(stratum.length, (from, to) => {
    for (let row = from; row < to; row++) {
      const own = stratum[row]!; // row < length, one entry a stratum
      if (priority[row]! > largest[own]!) largest[own] = priority[row]!;
    }
  });
}
