/** What a heap holds: it keeps its place there, so that it can be taken out of the middle. */
export interface Placed {
  /** Its place in the heap; -1: in none. */
  place: number;
}

/** A binary heap: the first in order is at hand, any can be removed; each change takes O(log n). */
export class IndexedHeap<E extends Placed> implements Iterable<E> {
  private readonly entries: E[] = [];

  constructor(private readonly isBefore: (a: E, b: E) => boolean) {}

  get first(): E | undefined {
    return this.entries[0];
  }

  /** Takes O(n), and looks at half of them: those that have none behind. */
  get last(): E | undefined {
    let last: E | undefined;
    for (let place = this.entries.length >> 1; place < this.entries.length; place++) {
      const entry = this.entries[place]!; // in range
      if (last === undefined || this.isBefore(last, entry)) last = entry;
    }
    return last;
  }

  add(entry: E): void {
    this.put(entry, this.entries.length);
    this.rise(entry);
  }

  /** @throws RangeError where the heap does not hold it */
  remove(entry: E): void {
    if (this.entries[entry.place] !== entry) throw new RangeError('the heap does not hold this entry');
    const last = this.entries.pop()!; // it holds one at least
    if (last !== entry) {
      this.put(last, entry.place);
      this.rise(last);
      this.sink(last);
    }
    entry.place = -1;
  }

  /** In no order. */
  [Symbol.iterator](): Iterator<E> {
    return this.entries.values();
  }

  private rise(entry: E): void {
    while (entry.place > 0) {
      const parent = this.entries[(entry.place - 1) >> 1]!; // a place before one that is taken
      if (!this.isBefore(entry, parent)) return;
      this.swap(entry, parent);
    }
  }

  private sink(entry: E): void {
    for (;;) {
      const [left, right] = [this.entries[2 * entry.place + 1], this.entries[2 * entry.place + 2]];
      const child = left !== undefined && right !== undefined && this.isBefore(right, left) ? right : left;
      if (child === undefined || !this.isBefore(child, entry)) return;
      this.swap(child, entry);
    }
  }

  private swap(a: E, b: E): void {
    const { place } = a;
    this.put(a, b.place);
    this.put(b, place);
  }

  private put(entry: E, place: number): void {
    this.entries[place] = entry;
    entry.place = place;
  }
}
