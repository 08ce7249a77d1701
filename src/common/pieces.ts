/** Long work in pieces of a few milliseconds: it yields where others may go on, and returns what it made. */
export type Pieces<T> = Generator<void, T, void>;

/** Lets others go on where they have waited for long. It rejects where nobody waits for the work any more. */
export type Pause = () => Promise<void>;

/** For work that nobody waits beside. */
export const withoutPause: Pause = () => Promise.resolve();

/** Rows that most loops take at once: about a millisecond's, also where each is somewhere else in memory. */
export const rowsAtOnce = 2 ** 16;

/**
 * Work on rows in their order, so many at once. The loop itself stays in a function of its own, which is as fast as ever.
 * @param work on rows [from, to)
 */
export function* piecewise(
  rows: number,
  work: (from: number, to: number) => void,
  atOnce = rowsAtOnce,
): Pieces<void> {
  for (let from = 0; from < rows; from += atOnce) {
    work(from, Math.min(rows, from + atOnce));
    yield;
  }
}

/** Items by their places. Arrays are lists; others make an item when it is asked for, where there may be a hundred thousand. */
export interface List<Item> {
  readonly length: number;
  /** The item at a place below `length`. */
  at(place: number): Item | undefined;
}

/** A list's items as an array. */
export function itemsOf<Item>(list: List<Item>): Item[] {
  return Array.from({ length: list.length }, (_, place) => list.at(place)!); // place < length
}

/** What is made of each item of a list, in its order. */
export function* mapInPieces<Item, Made>(
  items: List<Item>,
  make: (item: Item, place: number) => Made,
  atOnce: number,
): Pieces<Made[]> {
  const made: Made[] = [];
  const makeSome = (from: number, to: number): void => {
    for (let place = from; place < to; place++) made.push(make(items.at(place)!, place)); // place < length
  };
  yield* piecewise(items.length, makeSome, atOnce);
  return made;
}

/** Whether all items of a list pass; none is looked at behind one that does not. */
export function* everyInPieces<Item>(
  items: List<Item>,
  passes: (item: Item, place: number) => boolean,
  atOnce: number,
): Pieces<boolean> {
  const doPass = (from: number, to: number): boolean => {
    for (let place = from; place < to; place++) if (!passes(items.at(place)!, place)) return false; // place < length
    return true;
  };
  for (let from = 0; from < items.length; from += atOnce) {
    if (!doPass(from, Math.min(items.length, from + atOnce))) return false;
    yield;
  }
  return true;
}

/** Does the work in one go. */
export function finish<T>(pieces: Pieces<T>): T {
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) return value;
  }
}

/** Does the work with a pause behind each piece. @throws what the pause rejects with */
export async function withPauses<T>(pieces: Pieces<T>, pause: Pause): Promise<T> {
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) return value;
    await pause();
  }
}
