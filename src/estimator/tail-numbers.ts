import type { Writable } from '../common/index.ts';
import type { TailEvidence } from './tails.ts';

/** Numbers that the evidence of a tail takes among others. */
export const tailNumbers = 5;
/** The place of the spread among them. */
export const SPREAD = 3;

/** Puts evidence down from a place on. */
export function putTail(numbers: Float64Array, at: number, tail: TailEvidence): void {
  numbers[at] = tail.effectiveSupport;
  numbers[at + 1] = tail.sampleSkewness;
  numbers[at + 2] = tail.populationSkewness;
  numbers[at + SPREAD] = tail.spread;
  numbers[at + 4] = tail.largestSkewness;
}

/** Fills evidence with what {@link putTail} has put down. */
export function readTail(numbers: Float64Array, at: number, into: Writable<TailEvidence>): void {
  into.effectiveSupport = numbers[at]!; // as many as there are numbers of it, here and below
  into.sampleSkewness = numbers[at + 1]!;
  into.populationSkewness = numbers[at + 2]!;
  into.spread = numbers[at + SPREAD]!;
  into.largestSkewness = numbers[at + 4]!;
}
