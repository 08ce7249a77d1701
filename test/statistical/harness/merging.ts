import { seededRandom } from '../../../src/common/index.ts';
import { mergedCaps } from '../../../src/sampler/merge-rule.ts';

/** A stratum in parts: rows of each, and how many of them were kept. */
interface CutStratum {
  readonly sizes: readonly number[];
  readonly caps: readonly number[];
}

/** A row's priority, and the part that it is from. */
type Row = readonly [priority: number, part: number];

const smallest = (rows: readonly Row[], count: number): Row[] =>
  rows.toSorted(([a], [b]) => a - b).slice(0, count);

/** The mean share of merged rows that come from the first part: its share of the population, where all is well. */
export function shareOfFirst({ sizes, caps }: CutStratum, cap: number, draws: number): number {
  const parts = sizes.map((population, part) => ({
    population: Float64Array.of(population),
    sampled: Int32Array.of(Math.min(population, caps[part]!)), // one cap a part
    places: Int32Array.of(0),
  }));
  const [rows = 0] = mergedCaps(cap, 1, parts);
  let sum = 0;
  for (let seed = 0; seed < draws; seed++) {
    const random = seededRandom(seed);
    const kept = sizes.flatMap((population, part) =>
      smallest(
        Array.from({ length: population }, (): Row => [random.next(), part]),
        caps[part]!,
      ),
    );
    const merged = smallest(kept, rows);
    sum += merged.filter(([, part]) => part === 0).length / merged.length;
  }
  return sum / draws;
}
