import { IndexedHeap, type Placed } from './indexed-heap.ts';
import type { Work } from './work.ts';

/** A work in its client's line. */
export interface QueueEntry<T> extends Placed {
  readonly work: Work<T>;
  /** When it should begin. */
  readonly dueMs: number;
  /** Counts up. */
  readonly sequence: number;
}

/** Works of one client, in order; long ones apart, so that they can be passed over. */
export class ClientLine<T> {
  count = 0;
  bytes = 0;
  /** Virtual time: the service that the client has received, from a common origin, milliseconds. */
  servedMs = 0;
  private readonly short = new IndexedHeap<QueueEntry<T>>(isBefore);
  private readonly long = new IndexedHeap<QueueEntry<T>>(isBefore);

  first(longAllowed: boolean): QueueEntry<T> | undefined {
    const [short, long] = [this.short.first, longAllowed ? this.long.first : undefined];
    return short === undefined || (long !== undefined && isBefore(long, short)) ? long : short;
  }

  add(entry: QueueEntry<T>): void {
    this.heapOf(entry).add(entry);
    this.count++;
    this.bytes += entry.work.bytes;
  }

  remove(entry: QueueEntry<T>): void {
    this.heapOf(entry).remove(entry);
    this.count--;
    this.bytes -= entry.work.bytes;
  }

  /** From the last in order on. Mostly one is asked for, and then nothing is sorted. */
  *worstFirst(): IterableIterator<QueueEntry<T>> {
    const [short, long] = [this.short.last, this.long.last];
    const worst = short === undefined || (long !== undefined && isBefore(short, long)) ? long : short;
    if (worst === undefined) return;
    yield worst;
    const others = [...this.entries()].filter((entry) => entry !== worst);
    yield* others.sort((a, b) => (isBefore(a, b) ? 1 : -1));
  }

  *entries(): IterableIterator<QueueEntry<T>> {
    yield* this.short;
    yield* this.long;
  }

  private heapOf({ work }: QueueEntry<T>): IndexedHeap<QueueEntry<T>> {
    return work.isLong === true ? this.long : this.short;
  }
}

/**
 * The lines of all clients. Who has received least is next; among those about level, who has the work that is due first.
 * This is start-time fair queueing with leave to be unfair by one turn.
 * @see Goyal, Vin, Cheng, "Start-time Fair Queueing", SIGCOMM 1996
 */
export class ClientLines<T> {
  /** Of clients that have works waiting, and of those that lately had. */
  private readonly lines = new Map<string, ClientLine<T>>();
  private readonly waiting = new Set<ClientLine<T>>();
  /** Virtual time: what those who waited had received, the least of them. A client that comes starts there. */
  private servedMs = 0;

  /** @param turnMs by how much service a client may be ahead of another and still be taken first */
  constructor(private readonly turnMs: number) {}

  lineOf(client: string): ClientLine<T> | undefined {
    return this.lines.get(client);
  }

  add(entry: QueueEntry<T>): void {
    const { client } = entry.work;
    let line = this.lines.get(client);
    if (line === undefined) this.lines.set(client, (line = new ClientLine()));
    // What it did not ask for while others waited is not owed to it.
    if (line.count === 0) line.servedMs = Math.max(line.servedMs, this.servedMs);
    line.add(entry);
    this.waiting.add(line);
  }

  remove(entry: QueueEntry<T>): void {
    const line = this.lines.get(entry.work.client)!; // it was added
    line.remove(entry);
    if (line.count > 0) return;
    this.waiting.delete(line);
    if (this.waiting.size === 0) this.lines.clear();
    else if (this.lines.size > 2 * this.waiting.size + idleLinesMax) this.forgetIdle();
  }

  /** @returns the work that is next; undefined: none waits, or only long ones that are not allowed */
  next(longAllowed: boolean): QueueEntry<T> | undefined {
    let leastMs = Infinity;
    for (const line of this.waiting)
      if (line.servedMs < leastMs && line.first(longAllowed) !== undefined) leastMs = line.servedMs;
    let next: QueueEntry<T> | undefined;
    for (const line of this.waiting) {
      if (line.servedMs > leastMs + this.turnMs) continue;
      const first = line.first(longAllowed);
      if (first !== undefined && (next === undefined || isBefore(first, next))) next = first;
    }
    if (next !== undefined) this.servedMs = Math.max(this.servedMs, leastMs);
    return next;
  }

  /** Counts service that a client received; less than 0: it was less than counted before. */
  charge(client: string, serviceMs: number): void {
    const line = this.lines.get(client);
    // Not below newcomers: what it was charged may have been forgotten with its line.
    if (line !== undefined) line.servedMs = Math.max(line.servedMs + serviceMs, this.servedMs);
  }

  /** Who holds most. @param shareOf what a line holds */
  largest(shareOf: (line: ClientLine<T>) => number): ClientLine<T> | undefined {
    let largest: ClientLine<T> | undefined;
    for (const line of this.waiting)
      if (largest === undefined || shareOf(line) > shareOf(largest)) largest = line;
    return largest;
  }

  /** All that wait, in a list of its own: they may be removed meanwhile. */
  entries(): readonly QueueEntry<T>[] {
    return [...this.waiting].flatMap((line) => [...line.entries()]);
  }

  /** Who comes back is taken for a newcomer: clients may be any number. */
  private forgetIdle(): void {
    for (const [client, line] of this.lines) if (line.count === 0) this.lines.delete(client);
  }
}

/** Clients without works that are kept in mind at least. */
const idleLinesMax = 64;

/** By when they are due, then by deadline, then the cheaper one, then as they came. */
function isBefore<T>(a: QueueEntry<T>, b: QueueEntry<T>): boolean {
  if (a.dueMs !== b.dueMs) return a.dueMs < b.dueMs;
  const [aDeadlineMs, bDeadlineMs] = [a.work.deadlineMs ?? Infinity, b.work.deadlineMs ?? Infinity];
  if (aDeadlineMs !== bDeadlineMs) return aDeadlineMs < bDeadlineMs;
  if (a.work.predictedMs !== b.work.predictedMs) return a.work.predictedMs < b.work.predictedMs;
  return a.sequence < b.sequence;
}
