import { seededRandom } from '../../../src/common/index.ts';
import type { TailRows } from '../../../src/estimator/index.ts';
import type { MomentLayout, Moments, PopulationValues } from '../../../src/plan/index.ts';
import { type Allocation, type Domain, type Population, stratumMoments } from './population.ts';

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
  private readonly centres: Float64Array;

  constructor(
    private readonly allocation: Allocation,
    private readonly population: Population,
    private readonly layout: MomentLayout,
  ) {
    const { sizes } = allocation;
    this.order = Int32Array.from({ length: population.rows }, (_, row) => row);
    sizes.reduce((start, size) => (this.starts.push(start), start + size), 0);
    this.columns = layout.measures.map(({ argument }) =>
      argument?.kind === 'column' ? population[argument.name as 'x' | 'y'] : null,
    ); // queries of the harness read x and y
    this.facts = this.columns.map((values) =>
      values === null
        ? { low: 1, high: 1, moments: null }
        : {
            low: values.reduce((a, b) => Math.min(a, b)),
            high: values.reduce((a, b) => Math.max(a, b)),
            moments: stratumMoments(values, sizes),
          },
    );
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
  }

  private centred(measure: number, row: number): number {
    return (this.columns[measure]?.[row] ?? 0) - this.centres[measure]!; // one centre a measure
  }

  /** Draws anew. The same rows come from the same seed, whatever was drawn before only if that was the same. */
  draw(seed: number): void {
    const random = seededRandom(seed);
    const { order, starts, terms, sums } = this;
    const { sizes, drawn } = this.allocation;
    const stride = this.layout.monomials.length;
    sums.fill(0);
    for (const [stratum, size] of sizes.entries()) {
      const start = starts[stratum]!; // one a stratum
      for (let place = 0; place < drawn[stratum]!; place++) {
        const from = start + place;
        const other = from + Math.floor(random.next() * (size - place));
        const row = order[other]!;
        order[other] = order[from]!;
        order[from] = row;
        const target = (this.population.classOf[row]! * sizes.length + stratum) * stride;
        for (let slot = 0; slot < stride; slot++) sums[target + slot]! += terms[row * stride + slot]!;
      }
    }
  }

  /** The moments of a domain as one group. */
  moments({ classes }: Domain): Moments {
    const { sizes, drawn } = this.allocation;
    const stride = this.layout.monomials.length;
    const strata: number[] = [];
    const sums = new Float64Array(sizes.length * stride);
    for (let stratum = 0; stratum < sizes.length; stratum++) {
      const to = strata.length * stride;
      for (const each of classes) {
        const from = (each * sizes.length + stratum) * stride;
        for (let slot = 0; slot < stride; slot++) sums[to + slot]! += this.sums[from + slot]!;
      }
      if (sums[to]! > 0) strata.push(stratum); // else the next one takes its place, and starts from zeros
    }
    return {
      layout: this.layout,
      centres: this.centres,
      population: this.facts,
      cellCount: strata.length,
      cellGroup: new Int32Array(strata.length),
      cellStratum: Int32Array.from(strata),
      sums,
      groupCount: 1,
      populationRows: Float64Array.from(sizes),
      weightMax: null,
      rowsRead: Float64Array.from(drawn),
      included: new Uint8Array(sizes.length).fill(1),
      constantInStratum: this.layout.totals.map(() => false),
      groupsByStratum: false,
      keys: null,
    };
  }

  /** The drawn rows of a domain. */
  rows({ classes }: Domain): TailRows {
    const wanted = new Set(classes);
    const rows: number[] = [];
    const strata: number[] = [];
    for (const [stratum, count] of this.allocation.drawn.entries()) {
      const start = this.starts[stratum]!; // one a stratum
      for (let place = start; place < start + count; place++) {
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
