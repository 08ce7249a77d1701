/*
 * How threads share out the tasks of a reading among themselves, without asking: the main thread takes them from the front, the others
 * from behind, until all are claimed.
 */
import type { CellSums } from '../cell-table.ts';

/** Numbers in shared memory: tasks claimed, those of them that were from behind, then of each thread but the main one what became of its part. */
export type Claims = Int32Array;

const claimedPlace = 0;
const behindPlace = 1;
const outcomesFrom = 2;
/** More than there are tasks: nothing is left to claim, and what was claimed is not wanted any more. */
const stopped = 2 ** 30;

/** What became of a thread's part; 0: it is still at it. */
const outcomes = { sums: 1, failed: 2 };

/** @param threads beside the main one */
export const newClaims = (threads: number): Claims =>
  new Int32Array(new SharedArrayBuffer((outcomesFrom + threads) * Int32Array.BYTES_PER_ELEMENT));

/** A new reading begins. @param threads beside the main one */
export function beginClaims(claims: Claims, threads: number): void {
  for (let slot = 0; slot < threads; slot++) Atomics.store(claims, outcomesFrom + slot, 0);
  Atomics.store(claims, behindPlace, 0);
  Atomics.store(claims, claimedPlace, 0);
}

/** Claims the next task from the front. @param tasks in all @returns false where none is left */
export const claim = (claims: Claims, tasks: number): boolean => Atomics.add(claims, claimedPlace, 1) < tasks;

/** Claims the next from behind. @returns how many lie behind it; −1: none is left */
export const claimFromBehind = (claims: Claims, tasks: number): number =>
  claim(claims, tasks) ? Atomics.add(claims, behindPlace, 1) : -1;

/** Nobody wants what is still being read. */
export const stop = (claims: Claims): void => void Atomics.store(claims, claimedPlace, stopped);
export const isStopped = (claims: Claims): boolean => Atomics.load(claims, claimedPlace) >= stopped;

/** A thread has ended its part. @param slot which of them it is */
export function endPart(claims: Claims, slot: number, outcome: keyof typeof outcomes): void {
  Atomics.store(claims, outcomesFrom + slot, outcomes[outcome]);
  Atomics.notify(claims, outcomesFrom + slot);
}

export const isEnded = (claims: Claims, slot: number): boolean =>
  Atomics.load(claims, outcomesFrom + slot) !== 0;

/** Loads before a thread sleeps: to wake one takes longer than most have to wait. */
const spins = 2 ** 14;

/** Waits for a thread. @returns whether it has left its sums */
export function awaitPart(claims: Claims, slot: number, ms: number): boolean {
  for (let spin = 0; spin < spins && !isEnded(claims, slot); spin++);
  if (!isEnded(claims, slot)) Atomics.wait(claims, outcomesFrom + slot, 0, ms);
  return Atomics.load(claims, outcomesFrom + slot) === outcomes.sums;
}

/** What a thread has read, and its sums. */
export interface Part {
  /** Of each of its tasks how many lie behind it. */
  readonly behind: readonly number[];
  readonly cells: CellSums;
}

const headLength = 2;

/** Numbers that a part may take. @param cells at most */
export const partLength = (tasks: number, cells: number, stride: number): number =>
  headLength + tasks + cells * (1 + 2 * stride);

/** Gives out the shared memory of a part, bit by bit: to its cells' pairs, totals and compensation. */
export function roomIn(part: Float64Array): (length: number) => Float64Array {
  let place = headLength;
  return (length) => part.subarray(place, (place += length));
}

/** Writes down the rest of a part of which the cells lie where {@link roomIn} told. */
export function writePart(into: Float64Array, { behind, cells: { pairs, totals } }: Part): void {
  into[0] = behind.length;
  into[1] = pairs.length;
  into.set(behind, headLength + pairs.length + 2 * totals.length);
}

/** Reads what {@link writePart} has written. The cells stay where they are. */
export function readPart(from: Float64Array, stride: number): Part {
  const [tasks, count] = [from[0]!, from[1]!]; // as written
  const next = roomIn(from);
  const cells = { pairs: next(count), totals: next(count * stride), compensation: next(count * stride) };
  return { behind: [...next(tasks)], cells };
}
