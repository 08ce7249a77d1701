/*
 * How the main thread calls a thread that may be needed again in a moment. A message takes a thread through its event loop; one that
 * waits in shared memory begins in half the time, and it can be roused before it is known what it is to do.
 */

/** Numbers in shared memory: what the thread is at, how many messages it was sent, and the last order: program, and its first and last task. */
export type Bell = Int32Array;

/** What a thread is to read: tasks from place `from` to `to`. */
export interface Order {
  /** Its number. */
  readonly program: number;
  readonly from: number;
  readonly to: number;
}

const statePlace = 0;
const sentPlace = 1;
const orderPlace = 2;

/** It gets messages, or waits for an order, has one, or is to look at its messages. */
const states = { away: 0, waiting: 1, ordered: 2, called: 3 };
/** How long a thread waits, milliseconds, before it goes back to its messages. */
const waitMs = 100;
/** Loads, a fifth of a millisecond, for which a thread that was roused expects an order. */
const spins = 2 ** 17;

export const newBell = (): Bell => new Int32Array(new SharedArrayBuffer(5 * Int32Array.BYTES_PER_ELEMENT));

/** The main thread has sent a message. */
export function announce(bell: Bell): void {
  Atomics.add(bell, sentPlace, 1);
  if (Atomics.compareExchange(bell, statePlace, states.waiting, states.called) === states.waiting)
    Atomics.notify(bell, statePlace);
}

/** The main thread has an order in a moment. */
export function rouse(bell: Bell): void {
  if (Atomics.load(bell, statePlace) === states.waiting) Atomics.notify(bell, statePlace);
}

/** Gives a thread an order. @returns false where it does not wait for one */
export function order(bell: Bell, { program, from, to }: Order): boolean {
  if (Atomics.load(bell, statePlace) !== states.waiting) return false;
  bell[orderPlace] = program;
  bell[orderPlace + 1] = from;
  bell[orderPlace + 2] = to;
  if (Atomics.compareExchange(bell, statePlace, states.waiting, states.ordered) !== states.waiting)
    return false;
  Atomics.notify(bell, statePlace);
  return true;
}

/** In the thread: waits for an order. @param received messages so far @returns null where it is to look at its messages */
export function nextOrder(bell: Bell, received: number): Order | null {
  Atomics.store(bell, statePlace, states.waiting);
  const isWaiting = (): boolean => Atomics.load(bell, statePlace) === states.waiting;
  while (isWaiting() && Atomics.load(bell, sentPlace) === received) {
    if (Atomics.wait(bell, statePlace, states.waiting, waitMs) === 'timed-out') break;
    for (let spin = 0; spin < spins && isWaiting(); spin++);
  }
  const state = Atomics.compareExchange(bell, statePlace, states.waiting, states.away);
  if (state === states.ordered) {
    const [program, from, to] = bell.subarray(orderPlace) as unknown as [number, number, number]; // as written
    return { program, from, to };
  }
  Atomics.store(bell, statePlace, states.away);
  return null;
}
