import { seededRandom } from '../../../src/common/index.ts';
import { type TailRows, witnessTimes } from '../../../src/estimator/index.ts';
import type { JointMoments, MomentLayout, Moments, PopulationValues } from '../../../src/plan/index.ts';
import {
  type Allocation,
  type Domain,
  type Population,
  stratumMoments,
  stratumPairMoments,
} from './population.ts';

/**
 * What tells of tails: what a strata table and an exact run tell of the table; else a witness, a sample of {@link witnessTimes} times
 * the rows; or, as a planted bug, nothing but the rows that the estimate is made from.
 */
export type Knowledge = 'moments' | 'witness' | 'itself';

/**
 * Draws stratified samples without replacement from a population in arrays and adds up moments: the naive twin of sampler and
 * executor, quick enough for tens of thousands of draws.
 */
export class Drawing {
  /** Rows of each stratum, the drawn ones first. */
  private readonly order: Int32Array;
  private readonly starts: number[] = [];
  /** For each row what it adds to every slot. */
  private readonly terms: Float64Array;
  /** Sums by class, stratum and slot. */
  private readonly sums: Float64Array;
  private readonly columns: readonly (Float64Array | null)[];
  private readonly facts: readonly PopulationValues[];
  private readonly joint: readonly JointMoments[];
  private readonly centres: Float64Array;
  /** Sums over all rows of a sample of {@link witnessTimes} times the rows. */
  private readonly witnessSums: Float64Array;

  constructor(
    private readonly allocation: Allocation,
    private readonly population: Population,
    private readonly layout: MomentLayout,
    private readonly known: Knowledge = 'moments',
  ) {
    const { sizes } = allocation;
    this.order = Int32Array.from({ length: population.rows }, (_, row) => row);
    sizes.reduce((start, size) => (this.starts.push(start), start + size), 0);
    this.columns = layout.measures.map(({ argument }) =>
      argument?.kind === 'column' ? population[argument.name as 'x' | 'y'] : null,
    ); // queries of the harness read x and y
    this.facts = this.columns.map((values) =>
      values === null || known !== 'moments'
        ? {
            low: values === null ? 1 : Number.NEGATIVE_INFINITY,
            high: values === null ? 1 : Number.POSITIVE_INFINITY,
            moments: null,
            terms: [],
          }
        : {
            low: values.reduce((a, b) => Math.min(a, b)),
            high: values.reduce((a, b) => Math.max(a, b)),
            moments: stratumMoments(values, sizes),
            terms: [],
          },
    );
    this.joint =
      known !== 'moments'
        ? []
        : pairsOf(this.columns).map(([first, second]) => ({
            ...stratumPairMoments(this.columns[first]!, this.columns[second]!, sizes, 6),
            measures: [first, second],
          })); // pairs are of columns
    this.centres = Float64Array.from(this.columns, (values) =>
      values === null ? 0 : values.reduce((a, b) => a + b, 0) / values.length,
    );
    const stride = layout.monomials.length;
    this.terms = new Float64Array(population.rows * stride);
    for (const [slot, monomial] of layout.monomials.entries()) {
      for (let row = 0; row < population.rows; row++) {
        this.terms[row * stride + slot] = monomial.reduce(
          (term, { measure, power }) => term * this.centred(measure, row) ** power,
          1,
        );
      }
    }
    this.sums = new Float64Array(population.classes * sizes.length * stride);
    this.witnessSums = new Float64Array(known === 'witness' ? this.sums.length : 0);
  }

  private centred(measure: number, row: number): number {
    return (this.columns[measure]?.[row] ?? 0) - this.centres[measure]!; // one centre a measure
  }

  /** Draws anew. The same rows come from the same seed, whatever was drawn before only if that was the same. */
  draw(seed: number): void {
    const random = seededRandom(seed);
    const { order, starts, terms, sums, witnessSums } = this;
    const { classOf } = this.population;
    const { sizes, drawn } = this.allocation;
    const isWitnessed = witnessSums.length > 0;
    const stride = this.layout.monomials.length;
    sums.fill(0);
    witnessSums.fill(0);
    for (const [stratum, size] of sizes.entries()) {
      const start = starts[stratum]!; // one a stratum
      const rows = this.rowsOf(stratum, true);
      for (let place = 0; place < rows; place++) {
        const from = start + place;
        const other = from + Math.floor(random.next() * (size - place));
        const row = order[other]!;
        order[other] = order[from]!;
        order[from] = row;
        const target = (classOf[row]! * sizes.length + stratum) * stride;
        const source = row * stride;
        if (place < drawn[stratum]!)
          for (let slot = 0; slot < stride; slot++) sums[target + slot]! += terms[source + slot]!;
        if (isWitnessed)
          for (let slot = 0; slot < stride; slot++) witnessSums[target + slot]! += terms[source + slot]!;
      }
    }
  }

  /** Rows drawn of a stratum; of the whole sample, where it bears witness. */
  private rowsOf(stratum: number, whole: boolean): number {
    const { sizes, drawn } = this.allocation;
    const times = whole && this.known === 'witness' ? witnessTimes : 1;
    return Math.min(sizes[stratum]!, drawn[stratum]! * times); // one entry a stratum
  }

  /** The moments of a domain as one group. @param whole of the whole sample, not only of the rows that estimates are made from */
  moments({ classes }: Domain, whole = false): Moments {
    const { sizes } = this.allocation;
    const from = whole && this.known === 'witness' ? this.witnessSums : this.sums;
    const stride = this.layout.monomials.length;
    const strata: number[] = [];
    const sums = new Float64Array(sizes.length * stride);
    for (let stratum = 0; stratum < sizes.length; stratum++) {
      const to = strata.length * stride;
      for (const each of classes) {
        const first = (each * sizes.length + stratum) * stride;
        for (let slot = 0; slot < stride; slot++) sums[to + slot]! += from[first + slot]!;
      }
      if (sums[to]! > 0) strata.push(stratum); // else the next one takes its place, and starts from zeros
    }
    return {
      layout: this.layout,
      centres: this.centres,
      population: this.facts,
      joint: this.joint,
      cellCount: strata.length,
      cellGroup: new Int32Array(strata.length),
      cellStratum: Int32Array.from(strata),
      sums,
      groupCount: 1,
      populationRows: Float64Array.from(sizes),
      weightMax: null,
      rowsRead: Float64Array.from(sizes, (_, stratum) => this.rowsOf(stratum, whole)),
      included: new Uint8Array(sizes.length).fill(1),
      constantInStratum: this.layout.totals.map(() => false),
      groupsByStratum: false,
      keys: null,
    };
  }

  /** The drawn rows of a domain, of the whole sample where it bears witness. */
  rows({ classes }: Domain): TailRows {
    const wanted = new Set(classes);
    const rows: number[] = [];
    const strata: number[] = [];
    for (const [stratum, start] of this.starts.entries()) {
      for (let place = start; place < start + this.rowsOf(stratum, true); place++) {
        const row = this.order[place]!;
        if (!wanted.has(this.population.classOf[row]!)) continue;
        rows.push(row);
        strata.push(stratum);
      }
    }
    return {
      count: rows.length,
      group: new Int32Array(rows.length),
      stratum: Int32Array.from(strata),
      key: null,
      values: this.layout.measures.map((_, measure) => {
        const values = new Float64Array(rows.length);
        for (const [place, row] of rows.entries()) values[place] = this.centred(measure, row);
        return values;
      }),
    };
  }
}

/** Pairs of places that hold a column. */
function pairsOf(columns: readonly (Float64Array | null)[]): [number, number][] {
  const places = columns.flatMap((column, place) => (column === null ? [] : [place]));
  return places.flatMap((first) =>
    places.filter((place) => place > first).map((second): [number, number] => [first, second]),
  );
}
