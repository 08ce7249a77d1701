import type { Random } from '../common/index.ts';
import { cumulate, type Monomial, type WeightedValues } from '../plan/index.ts';
import type { ListedGroups, ValueSource } from './listed-groups.ts';
import { poisson, poissonOfOne } from './poisson.ts';

/** A measure's values in order, with the rows that they come from. */
interface OrderedRows {
  readonly values: Float64Array;
  /** Places among the group's rows. */
  readonly order: Int32Array;
}

/** A stratum with its rows in a group, or keys where these were drawn. */
export interface OwnStratum {
  readonly stratum: number;
  readonly count: number;
}

/**
 * The listed rows of one group with weights drawn anew. A row (a key with all its rows, where keys were drawn) of stratum h weighs
 * w_h·(1 + c_h·(k/k̄ − 1)), k Poisson with mean 1, k̄ the mean of all n_h rows read, matching or not, and
 * c_h = √((1 − f_h)·n_h/(n_h − 1)), at most 1: so totals have the variance of the design, N²(1 − f)s²/n. With replacement f_h is 0;
 * independent rows weigh w·(1 + √(1 − 1/w)·(k − 1)), which has the variance w(w − 1).
 * @see Rao and Wu, "Resampling inference with complex survey data", Journal of the American Statistical Association 83, 1988, for
 * the rescaling; Beaumont and Patak, "On the generalized bootstrap for sample surveys", International Statistical Review 80, 2012
 */
export class Replicate implements ValueSource {
  readonly strata: readonly OwnStratum[];
  private readonly rows: Int32Array;
  /** For each row the unit that was drawn: itself, or its key. */
  private readonly unitOf: Int32Array;
  /** For each unit the place of its stratum in `strata`. */
  private readonly stratumOf: Int32Array;
  /** For each unit its number k of this replicate, then what its rows' weights are multiplied by. */
  private readonly factors: Float64Array;
  /** For each row its weight in the sample. */
  private readonly given: Float64Array;
  /** And in this replicate. */
  private readonly weights: Float64Array;
  private readonly ordered = new Map<number, OrderedRows>();
  private drawn = new Map<number, WeightedValues>();

  constructor(
    private readonly listed: ListedGroups,
    group: number,
    private readonly random: Random,
  ) {
    const { stratum, key } = listed.rows;
    this.rows = listed.rowsOf(group);
    this.given = Float64Array.from(this.rows, (row) => listed.weightOf(row));
    this.weights = new Float64Array(this.rows.length);
    let units = 0;
    this.unitOf = this.rows.map((row, place) => {
      const isSame = place > 0 && key !== null && key[row] === key[this.rows[place - 1]!]; // rows of a key follow each other
      return isSame ? units - 1 : units++;
    });
    this.factors = new Float64Array(units);
    const firstOf = new Int32Array(units);
    for (let place = this.rows.length - 1; place >= 0; place--)
      firstOf[this.unitOf[place]!] = this.rows[place]!; // one unit a row
    const places = new Map<number, number>();
    this.stratumOf = firstOf.map((row) => {
      const own = places.get(stratum[row]!) ?? places.size; // a row's place
      places.set(stratum[row]!, own);
      return own;
    });
    const counts = new Int32Array(places.size);
    for (const place of this.stratumOf) counts[place]!++; // a place of strata
    this.strata = [...places].map(([own, place]) => ({ stratum: own, count: counts[place]! })); // a count a stratum
  }

  /** Draws weights for all rows. */
  draw(): void {
    const { factors, stratumOf, random } = this;
    this.drawn = new Map();
    const sums = new Float64Array(this.strata.length);
    for (let unit = 0; unit < factors.length; unit++) {
      const k = poissonOfOne(random.next());
      factors[unit] = k;
      sums[stratumOf[unit]!]! += k; // a stratum a unit
    }
    if (this.listed.design.layout.design.kind === 'independent-weights') this.weighIndependent();
    else this.weighInStrata(sums);
  }

  private weighInStrata(sums: Float64Array): void {
    const { factors, given, weights, stratumOf, unitOf } = this;
    const scales = this.strata.map((stratum, place) => this.scaleOf(stratum, sums[place]!)); // a sum a stratum
    for (let unit = 0; unit < factors.length; unit++) {
      const { spread, mean } = scales[stratumOf[unit]!]!; // a scale a stratum
      factors[unit] = 1 + spread * (mean === 0 ? -1 : factors[unit]! / mean - 1);
    }
    for (let place = 0; place < weights.length; place++)
      weights[place] = given[place]! * factors[unitOf[place]!]!; // one a row
  }

  private weighIndependent(): void {
    const { factors, given, weights, unitOf } = this;
    for (let place = 0; place < weights.length; place++) {
      const weight = given[place]!; // one a row
      const spread = Math.sqrt(Math.max(0, 1 - 1 / weight));
      weights[place] = weight * (1 + spread * (factors[unitOf[place]!]! - 1)); // one unit a row
    }
  }

  /** c_h and k̄. */
  private scaleOf({ stratum, count }: OwnStratum, sum: number): { spread: number; mean: number } {
    const { rowsRead, populationRows, layout } = this.listed.design;
    const read = rowsRead[stratum]!; // one entry a stratum
    const share = layout.design.kind === 'strata' ? read / populationRows[stratum]! : 0;
    const mean = (sum + poisson(read - count, this.random)) / read;
    return { spread: Math.min(1, Math.sqrt(((1 - share) * read) / Math.max(1, read - 1))), mean };
  }

  valuesOf(_group: number, measure: number): WeightedValues {
    const known = this.drawn.get(measure);
    if (known !== undefined) return known;
    const { values, order } = this.orderOf(measure);
    const { weights } = this;
    const own = new Float64Array(order.length);
    for (let place = 0; place < own.length; place++) own[place] = weights[order[place]!]!; // a place of rows
    const weighted = { values, cumulative: cumulate(values, own) };
    this.drawn.set(measure, weighted);
    return weighted;
  }

  private orderOf(measure: number): OrderedRows {
    const known = this.ordered.get(measure);
    if (known !== undefined) return known;
    const all = Float64Array.from(this.rows, (row) => this.listed.rows.values[measure]![row]!); // one array a measure
    const taken = Int32Array.from(all.keys()).filter((place) => !Number.isNaN(all[place]!));
    const order = taken.sort((a, b) => all[a]! - all[b]!); // places of rows
    const found = { values: Float64Array.from(order, (place) => all[place]!), order };
    this.ordered.set(measure, found);
    return found;
  }

  /** What each row adds to a total, unweighted; of a total that counts keys the first row of each that has it adds 1. */
  contributionsTo(total: number): Float64Array {
    const { totals, keyed } = this.listed.design.layout;
    const monomial = totals[total]!; // a place of totals
    const isDistinct = keyed?.distinct[total] === true;
    let counted = -1;
    return Float64Array.from(this.rows, (row, place) => {
      const product = this.productOf(monomial, row);
      if (!isDistinct) return product;
      const unit = this.unitOf[place]!; // one unit a row
      if (product === 0 || unit === counted) return 0;
      counted = unit;
      return product;
    });
  }

  private productOf(monomial: Monomial, row: number): number {
    let product = 1;
    for (const { measure, power } of monomial) {
      const value = this.listed.rows.values[measure]![row]!; // one array a measure
      if (Number.isNaN(value)) return 0;
      product *= value ** power;
    }
    return product;
  }

  /** Σ of contributions with the weights of this replicate. */
  weigh(contributions: Float64Array): number {
    let sum = 0;
    for (let place = 0; place < contributions.length; place++)
      sum += this.weights[place]! * contributions[place]!; // one a row
    return sum;
  }
}
