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

/** Duals that a room has at first. */
const roomAtFirst = 8;

/**
 * The same arithmetic on columns of duals, by their places in one array: there may be a hundred thousand groups, and their duals as
 * objects take longer to make than to compute. A column has its values first, then for each total the derivatives by it.
 */
export class DualColumns implements Algebra<number> {
  /** How many duals a column has. */
  private count = 0;
  private used = 0;
  private numbers: Float64Array;

  /**
   * @param totals that derivatives are by
   * @param room for duals in a column
   */
  constructor(
    readonly totals: number,
    private readonly room: number,
  ) {
    this.numbers = new Float64Array(roomAtFirst * this.stride);
  }

  /** Begins anew with columns of so many. */
  begin(count: number): void {
    this.count = count;
    this.used = 0;
  }

  /** A column of a total itself, of which the values are to be put down, see {@link valuesOf}. */
  total(total: number): number {
    const column = this.taken();
    this.fillDerivatives(column, total);
    return column;
  }

  /** The values of a column, to be filled, until another one is made. */
  valuesOf(column: number): Float64Array {
    return this.numbers.subarray(column, column + this.count);
  }

  constant(value: number): number {
    const column = this.taken();
    this.numbers.fill(value, column, column + this.count);
    this.fillDerivatives(column, -1);
    return column;
  }

  add(a: number, b: number): number {
    const column = this.taken();
    for (let place = 0; place < this.count; place++) {
      operations.add(this.numbers[a + place]!, this.numbers[b + place]!); // columns of as many, here and below
      this.put(column + place, a + place, b + place);
    }
    return column;
  }

  subtract(a: number, b: number): number {
    const column = this.taken();
    for (let place = 0; place < this.count; place++) {
      operations.subtract(this.numbers[a + place]!, this.numbers[b + place]!);
      this.put(column + place, a + place, b + place);
    }
    return column;
  }

  multiply(a: number, b: number): number {
    const column = this.taken();
    for (let place = 0; place < this.count; place++) {
      operations.multiply(this.numbers[a + place]!, this.numbers[b + place]!);
      this.put(column + place, a + place, b + place);
    }
    return column;
  }

  divide(a: number, b: number): number {
    const column = this.taken();
    for (let place = 0; place < this.count; place++) {
      operations.divide(this.numbers[a + place]!, this.numbers[b + place]!);
      this.put(column + place, a + place, b + place);
    }
    return column;
  }

  squareRoot(a: number): number {
    const column = this.taken();
    for (let place = 0; place < this.count; place++) {
      operations.squareRoot(this.numbers[a + place]!);
      this.numbers[column + place] = found.value;
      for (let j = 1; j <= this.totals; j++)
        this.numbers[column + j * this.room + place] = found.byA * this.numbers[a + j * this.room + place]!;
    }
    return column;
  }

  /** Of columns of one. */
  valueOf(a: number): number {
    return this.at(a, 0);
  }

  /** The value of a dual in a column. */
  at(column: number, place: number): number {
    return this.numbers[column + place]!;
  }

  /** Puts down its derivatives. @param gradient as long as there are totals */
  putGradient(column: number, place: number, gradient: Float64Array): void {
    for (let j = 0; j < gradient.length; j++)
      gradient[j] = this.numbers[column + (j + 1) * this.room + place]!;
  }

  /** Puts down what was found of two duals. */
  private put(to: number, a: number, b: number): void {
    const { numbers, room } = this;
    const { byA, byB } = found;
    numbers[to] = found.value;
    const end = (this.totals + 1) * room;
    for (let by = room; by < end; by += room)
      numbers[to + by] = byA * numbers[a + by]! + byB * numbers[b + by]!;
  }

  private fillDerivatives(column: number, total: number): void {
    for (let j = 0; j < this.totals; j++) {
      const from = column + (j + 1) * this.room;
      this.numbers.fill(j === total ? 1 : 0, from, from + this.count);
    }
  }

  private get stride(): number {
    return (1 + this.totals) * this.room;
  }

  private taken(): number {
    const column = this.used;
    this.used += this.stride;
    if (this.used > this.numbers.length) {
      const more = new Float64Array(2 * this.used);
      more.set(this.numbers);
      this.numbers = more;
    }
    return column;
  }
}
