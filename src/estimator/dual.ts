import type { Algebra } from '../plan/index.ts';

/** A number with its derivatives by the base totals. */
export interface Dual {
  readonly value: number;
  /** One partial derivative a total. */
  readonly gradient: readonly number[];
}

/** Gradients of constants and of totals, by the number of totals: every group of every answer has the same. */
const zeros: (readonly number[])[] = [];
const units: (readonly number[])[][] = [];

/** A number that depends on no total. */
export function constantDual(value: number, totals: number): Dual {
  return { value, gradient: (zeros[totals] ??= Array<number>(totals).fill(0)) };
}

/** The total itself. */
export function totalDual(value: number, total: number, totals: number): Dual {
  const known = (units[totals] ??= []);
  known[total] ??= Array.from({ length: totals }, (_, place) => (place === total ? 1 : 0));
  return { value, gradient: known[total] };
}

/** What an operation on two numbers gives: f(a, b), ∂f/∂a and ∂f/∂b; of one number the last is 0. Filled by each of {@link operations}. */
const found = { value: 0, byA: 0, byB: 0 };

function find(value: number, byA: number, byB: number): void {
  found.value = value;
  found.byA = byA;
  found.byB = byB;
}

const operations = {
  add: (a: number, b: number): void => find(a + b, 1, 1),
  subtract: (a: number, b: number): void => find(a - b, 1, -1),
  multiply: (a: number, b: number): void => find(a * b, b, a),
  divide: (a: number, b: number): void => find(a / b, 1 / b, -a / (b * b)),
  squareRoot(a: number): void {
    const root = Math.sqrt(a);
    // At zero the root has no derivative; a variance of zero has no spread to report either.
    find(root, root === 0 ? 0 : 0.5 / root, 0);
  },
};

/** What was found with gradient ∂f/∂a ∇a + ∂f/∂b ∇b: the chain rule. */
function combined({ gradient: ofA }: Dual, { gradient: ofB }: Dual): Dual {
  const { value, byA, byB } = found;
  const gradient = Array<number>(ofA.length);
  for (let j = 0; j < ofA.length; j++) gradient[j] = byA * ofA[j]! + byB * ofB[j]!; // same lengths
  return { value, gradient };
}

/** f(a) with derivative f′(a). */
export function applyDual({ gradient }: Dual, value: number, derivative: number): Dual {
  return { value, gradient: gradient.map((partial) => partial * derivative) };
}

/** By the number of totals: every group of every answer uses the same. */
const algebras: Algebra<Dual>[] = [];

/** Forward-mode differentiation: the arithmetic of duals over so many totals. */
export function dualAlgebra(totals: number): Algebra<Dual> {
  return (algebras[totals] ??= makeAlgebra(totals));
}

function makeAlgebra(totals: number): Algebra<Dual> {
  const apply = (operation: (a: number, b: number) => void, a: Dual, b: Dual): Dual => {
    operation(a.value, b.value);
    return combined(a, b);
  };
  return {
    constant: (value) => constantDual(value, totals),
    add: (a, b) => apply(operations.add, a, b),
    subtract: (a, b) => apply(operations.subtract, a, b),
    multiply: (a, b) => apply(operations.multiply, a, b),
    divide: (a, b) => apply(operations.divide, a, b),
    squareRoot(a) {
      operations.squareRoot(a.value);
      return applyDual(a, found.value, found.byA);
    },
    valueOf: (a) => a.value,
  };
}

/** Numbers that a room has at first. */
const roomAtFirst = 64;

/** The same arithmetic with duals as places in one array, a value and its derivatives each: there may be a hundred thousand groups. */
export class DualRoom implements Algebra<number> {
  private numbers = new Float64Array(roomAtFirst);
  private used = 0;

  constructor(private readonly totals: number) {}

  /** Forgets all duals. */
  clear(): void {
    this.used = 0;
  }

  /** The total itself. */
  total(value: number, total: number): number {
    const place = this.constant(value);
    this.numbers[place + 1 + total] = 1;
    return place;
  }

  constant(value: number): number {
    const place = this.taken();
    this.numbers[place] = value;
    this.numbers.fill(0, place + 1, place + 1 + this.totals);
    return place;
  }

  add(a: number, b: number): number {
    operations.add(this.numbers[a]!, this.numbers[b]!); // places of duals, here and below
    return this.combined(a, b);
  }

  subtract(a: number, b: number): number {
    operations.subtract(this.numbers[a]!, this.numbers[b]!);
    return this.combined(a, b);
  }

  multiply(a: number, b: number): number {
    operations.multiply(this.numbers[a]!, this.numbers[b]!);
    return this.combined(a, b);
  }

  divide(a: number, b: number): number {
    operations.divide(this.numbers[a]!, this.numbers[b]!);
    return this.combined(a, b);
  }

  squareRoot(a: number): number {
    operations.squareRoot(this.numbers[a]!);
    const { value, byA } = found;
    const place = this.taken();
    const { numbers } = this;
    numbers[place] = value;
    for (let j = 1; j <= this.totals; j++) numbers[place + j] = byA * numbers[a + j]!;
    return place;
  }

  valueOf(a: number): number {
    return this.numbers[a]!;
  }

  /** Puts down the derivatives of a dual. @param gradient as long as there are totals */
  putGradient(a: number, gradient: Float64Array): void {
    for (let j = 0; j < gradient.length; j++) gradient[j] = this.numbers[a + 1 + j]!;
  }

  private combined(a: number, b: number): number {
    const { value, byA, byB } = found;
    const place = this.taken();
    const { numbers } = this;
    numbers[place] = value;
    for (let j = 1; j <= this.totals; j++) numbers[place + j] = byA * numbers[a + j]! + byB * numbers[b + j]!;
    return place;
  }

  private taken(): number {
    const place = this.used;
    this.used += 1 + this.totals;
    if (this.used > this.numbers.length) {
      const more = new Float64Array(2 * this.used);
      more.set(this.numbers);
      this.numbers = more;
    }
    return place;
  }
}
