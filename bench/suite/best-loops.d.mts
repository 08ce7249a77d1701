import type { LoopInput } from './loop-input.mjs';

/** By the query's name; four sums a cell are added to: the count, Σv, Σv² and Σv³. */
export const bestLoops: Readonly<Record<string, (input: LoopInput) => (cells: Float64Array) => void>>;
