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

/** f(a, b) with gradient ∂f/∂a ∇a + ∂f/∂b ∇b: the chain rule. */
function combine(value: number, a: Dual, byA: number, b: Dual, byB: number): Dual {
  const [ofA, ofB] = [a.gradient, b.gradient];
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
  return {
    constant: (value) => constantDual(value, totals),
    add: (a, b) => combine(a.value + b.value, a, 1, b, 1),
    subtract: (a, b) => combine(a.value - b.value, a, 1, b, -1),
    multiply: (a, b) => combine(a.value * b.value, a, b.value, b, a.value),
    divide: (a, b) => combine(a.value / b.value, a, 1 / b.value, b, -a.value / (b.value * b.value)),
    squareRoot(a) {
      const root = Math.sqrt(a.value);
      // At zero the root has no derivative; a variance of zero has no spread to report either.
      return applyDual(a, root, root === 0 ? 0 : 0.5 / root);
    },
    valueOf: (a) => a.value,
  };
}
