import { seededRandom } from '../../../src/common/index.ts';
import { mergeParts, type StratumPart } from '../../../src/sampler/index.ts';

/** A stratum in parts: rows of each, and how many of them were kept. */
interface CutStratum {
  readonly sizes: readonly number[];
  readonly caps: readonly number[];
}

/** Draws the parts of a stratum, each row with a priority of its own. */
function drawParts({ sizes, caps }: CutStratum, seed: number): StratumPart[] {
  const random = seededRandom(seed);
  return sizes.map((population, part) => ({
    population,
    priorities: Float64Array.from({ length: population }, () => random.next())
      .toSorted()
      .subarray(0, caps[part]),
  }));
}

/** The mean share of merged rows that come from the first part: its share of the population, where all is well. */
export function shareOfFirst(stratum: CutStratum, cap: number, draws: number): number {
  let sum = 0;
  for (let seed = 0; seed < draws; seed++) {
    const kept = mergeParts(drawParts(stratum, seed), cap);
    sum += kept[0]! / kept.reduce((a, b) => a + b, 0); // there is a part
  }
  return sum / draws;
}
