import { type Dependence, type JointMoments, pairPlace, type StratumMoments } from '../plan/index.ts';

/** E u² and E u³ of the contributions u of a stratum's rows; 0 where the stratum has no value, NaN where it is not known. */
export interface MeanPowers {
  second: number;
  third: number;
}

export interface PowerMeans {
  /** @param into is filled with those of a stratum: there may be very many */
  find(stratum: number, into: MeanPowers): void;
}

/** Of u that is the same for every row. */
export function constantMeans(constant: number): PowerMeans {
  return {
    find(_, into) {
      into.second = constant ** 2;
      into.third = constant ** 3;
    },
  };
}

/** Of u that depends on one measure: in closed form, and of use for another u in turn, for there may be very many groups. */
export class SingleMeans implements PowerMeans {
  private centre = 0;
  private known: StratumMoments | null = null;
  /** The coefficients of u in powers of x − centre. */
  private constant = 0;
  private slope = 0;
  private square = 0;

  /** Those of a u. @param gradient one partial for each of the powers @returns this */
  of({ powers }: Dependence, gradient: ArrayLike<number>, centre: number, known: StratumMoments): PowerMeans {
    this.centre = centre;
    this.known = known;
    this.constant = this.slope = this.square = 0;
    for (let place = 0; place < powers.length; place++) {
      const [power] = powers[place]!; // up to 2
      const partial = gradient[place]!;
      if (power === 0) this.constant += partial;
      else if (power === 1) this.slope += partial;
      else this.square += partial;
    }
    return this;
  }

  find(stratum: number, into: MeanPowers): void {
    const { count, mean, centred } = this.known!; // there is a u
    const n = count[stratum]!; // one entry a stratum, here and below
    into.second = into.third = 0;
    if (n === 0) return;
    // u = a + bX + cX², X the distance from the stratum's mean.
    const by = mean[stratum]! - this.centre;
    const c = this.square;
    const a = this.constant + by * (this.slope + by * c);
    const b = this.slope + 2 * by * c;
    const second = centred[0]![stratum]! / n; // orders 2 to 6
    const third = centred[1]![stratum]! / n;
    into.second = a * a + (b * b + 2 * a * c) * second;
    // Not by **, which takes longer than all of this.
    into.third = a * a * a + 3 * a * b * b * second + b * b * b * third;
    if (c === 0) return;
    const fourth = centred[2]![stratum]! / n;
    into.second = into.second + 2 * b * c * third + c * c * fourth;
    into.third =
      into.third +
      3 * a * a * c * second +
      6 * a * b * c * third +
      3 * c * (a * c + b * b) * fourth +
      3 * b * c * c * (centred[3]![stratum]! / n) +
      c ** 3 * (centred[4]![stratum]! / n);
  }
}

/** Of u that depends on two measures. @param joint of order 3 where u is linear, of 6 where it has squares or products */
export function pairMeans(
  dependence: Dependence,
  gradient: ArrayLike<number>,
  centres: readonly [number, number],
  joint: JointMoments,
): PowerMeans {
  return dependence.degree === 1
    ? new LinearPairMeans(dependence, gradient, centres, joint)
    : new PairMeans(dependence, gradient, centres, joint);
}

/** Ratios and weighted means, in closed form. */
class LinearPairMeans implements PowerMeans {
  private constant = 0;
  private x = 0;
  private y = 0;

  constructor(
    { powers }: Dependence,
    gradient: ArrayLike<number>,
    private readonly centres: readonly [number, number],
    private readonly joint: JointMoments,
  ) {
    for (const [place, [i, j]] of powers.entries()) {
      const partial = gradient[place]!; // one a total
      if (i > 0) this.x += partial;
      else if (j > 0) this.y += partial;
      else this.constant += partial;
    }
  }

  find(stratum: number, into: MeanPowers): void {
    into.second = into.third = 0;
    if (this.joint.count[stratum] === 0) return;
    const { x, y } = this;
    const mean = this.mean(stratum);
    const spread = this.spread(stratum);
    into.second = mean ** 2 + spread;
    into.third =
      mean ** 3 +
      3 * mean * spread +
      x ** 3 * this.moment(3, 0, stratum) +
      3 * x * x * y * this.moment(2, 1, stratum) +
      3 * x * y * y * this.moment(1, 2, stratum) +
      y ** 3 * this.moment(0, 3, stratum);
  }

  private mean(stratum: number): number {
    const [meanX, meanY] = this.joint.means;
    return (
      this.constant +
      this.x * (meanX[stratum]! - this.centres[0]) + // one mean a stratum
      this.y * (meanY[stratum]! - this.centres[1])
    );
  }

  private spread(stratum: number): number {
    const { x, y } = this;
    const squares = x * x * this.moment(2, 0, stratum) + y * y * this.moment(0, 2, stratum);
    return squares + 2 * x * y * this.moment(1, 1, stratum);
  }

  private moment(i: number, j: number, stratum: number): number {
    return this.joint.centred[pairPlace(i, j)]![stratum]! / this.joint.count[stratum]!; // orders up to 3
  }
}

/** Regressions and correlations. */
class PairMeans implements PowerMeans {
  constructor(
    private readonly dependence: Dependence,
    private readonly gradient: ArrayLike<number>,
    private readonly centres: readonly [number, number],
    private readonly joint: JointMoments,
  ) {}

  find(stratum: number, into: MeanPowers): void {
    into.second = this.power(2, stratum);
    into.third = this.power(3, stratum);
  }

  private power(k: number, stratum: number): number {
    const { degree } = this.dependence;
    const { count, centred, order } = this.joint;
    const n = count[stratum]!; // one entry a stratum
    if (n === 0) return 0;
    if (k * degree > order) return Number.NaN;
    const raised = powerOf(this.aboutMeans(stratum), degree, k);
    const side = k * degree + 1;
    let sum = raised[0]!; // the constant
    for (let i = 0; i < side; i++) {
      for (let j = 0; i + j < side; j++) {
        const coefficient = raised[i * side + j]!;
        if (coefficient !== 0 && i + j > 1) sum += (coefficient * centred[pairPlace(i, j)]![stratum]!) / n;
      }
    }
    return sum;
  }

  /** u as a polynomial in the distances from the stratum's means: the coefficient of X^i Y^j at i·(degree + 1) + j. */
  private aboutMeans(stratum: number): Float64Array {
    const { powers, degree } = this.dependence;
    const [byX, byY] = this.joint.means.map((mean, place) => mean[stratum]! - this.centres[place]!) as [
      number,
      number,
    ]; // two means
    const side = degree + 1;
    const shifted = new Float64Array(side * side);
    for (const [place, [i, j]] of powers.entries()) {
      for (let a = 0; a <= i; a++) {
        for (let b = 0; b <= j; b++) {
          const ways = binomial[i]![a]! * binomial[j]![b]!; // powers up to 2
          shifted[a * side + b]! += this.gradient[place]! * ways * byX ** (i - a) * byY ** (j - b);
        }
      }
    }
    return shifted;
  }
}

const binomial = [[1], [1, 1], [1, 2, 1]] as const;

function powerOf(polynomial: Float64Array, degree: number, k: number): Float64Array {
  let raised = Float64Array.of(1);
  for (let times = 0; times < k; times++) {
    const [from, own, to] = [times * degree + 1, degree + 1, (times + 1) * degree + 1];
    const product = new Float64Array(to * to);
    for (let p = 0; p < raised.length; p++) {
      const factor = raised[p]!;
      if (factor === 0) continue;
      const [i, j] = [Math.floor(p / from), p % from];
      for (let q = 0; q < polynomial.length; q++)
        product[(i + Math.floor(q / own)) * to + j + (q % own)]! += factor * polynomial[q]!; // powers add up
    }
    raised = product;
  }
  return raised;
}
