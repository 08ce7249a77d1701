import { type ClientLine, ClientLines, type QueueEntry } from './client-lines.ts';
import type { DropReason, OnDrop, StageClock, Work } from './work.ts';

export interface QueueOptions {
  /** Most works. */
  readonly countMax: number;
  /** Most bytes of them. */
  readonly bytesMax: number;
  /** Ageing: a work is due when it has waited for so many times what it takes, … Default 2. */
  readonly patience?: number;
  /** … or for so long. Default 10 s. */
  readonly patienceMaxMs?: number;
  /** By how much service a client may be ahead of another and still be taken first, where its work is due first. Default 2 s. */
  readonly turnMs?: number;
}

/** What may be taken. */
export interface TakeLimits {
  /** Most works of a batch. */
  readonly sizeMax: number;
  readonly longAllowed: boolean;
}

/** Least time between two looks for works that are dead, where the queue is full, milliseconds: a look goes through all of them. */
const sweepEveryMs = 10;

/**
 * A queue that shapes load. It is bounded (`offer` says so, nothing is lost silently), drops works that nobody wants any more when
 * they come up, puts the others in order, and hands out together what can be handled together.
 *
 * Order: each work is due when its deadline leaves just time for it, and at the latest when it has waited for `patience` times what it takes.
 * That time is fixed when it comes, so those who wait rise above all who come later: nothing starves.
 */
export class WorkQueue<T> {
  private readonly lines: ClientLines<T>;
  private readonly batches = new Map<string, Set<QueueEntry<T>>>();
  private readonly options: Required<QueueOptions>;
  private sequence = 0;
  private sweptMs = -Infinity;
  private readonly held = { count: 0, bytes: 0, shortPredictedMs: 0 };

  constructor(
    private readonly clock: StageClock,
    options: QueueOptions,
    private readonly onDrop: OnDrop<T>,
  ) {
    this.options = { patience: 2, patienceMaxMs: 10_000, turnMs: 2000, ...options };
    this.lines = new ClientLines(this.options.turnMs);
  }

  get count(): number {
    return this.held.count;
  }

  get bytes(): number {
    return this.held.bytes;
  }

  /** What handling all of them should take that are not long, milliseconds. */
  get shortPredictedMs(): number {
    return this.held.shortPredictedMs;
  }

  /** Queues a work, where need be in place of one of the client who holds most. @returns whether there was room */
  offer(work: Work<T>): 'queued' | 'full' {
    if (!this.hasRoom(work)) this.sweep();
    if (!this.hasRoom(work) && !this.evictFor(work)) return 'full';
    const entry = { work, dueMs: this.dueOf(work), sequence: this.sequence++, place: -1 };
    this.lines.add(entry);
    this.account(work, 1);
    if (work.batchKey === null) return 'queued';
    const mates = this.batches.get(work.batchKey);
    if (mates === undefined) this.batches.set(work.batchKey, new Set([entry]));
    else mates.add(entry);
    return 'queued';
  }

  /** Takes the next work, and others of its key with it, the oldest first. @returns them; none: nothing may be taken */
  take({ sizeMax, longAllowed }: TakeLimits): readonly Work<T>[] {
    for (;;) {
      const next = this.lines.next(longAllowed);
      if (next === undefined) return [];
      if (this.dropIfDead(next)) continue;
      const batch = [this.receive(next)];
      const { batchKey, isLong = false } = next.work;
      if (batchKey === null || sizeMax <= 1) return batch;
      for (const mate of this.batches.get(batchKey) ?? []) {
        if (batch.length >= sizeMax) break;
        if ((mate.work.isLong ?? false) !== isLong || this.dropIfDead(mate)) continue;
        batch.push(this.receive(mate));
      }
      return batch;
    }
  }

  /** Corrects what a client has received: what a work took, less what was predicted. */
  charge(client: string, serviceMs: number): void {
    this.lines.charge(client, serviceMs);
  }

  /** Drops all. */
  clear(): void {
    for (const entry of this.lines.entries()) this.drop(entry, 'closed');
  }

  private dueOf({ arrivedMs, deadlineMs, predictedMs }: Work<T>): number {
    const { patience, patienceMaxMs } = this.options;
    const patienceMs = Math.min(patience * predictedMs, patienceMaxMs);
    return Math.min(arrivedMs + patienceMs, (deadlineMs ?? Infinity) - predictedMs);
  }

  private hasRoom({ bytes }: Work<T>): boolean {
    return this.held.count < this.options.countMax && this.held.bytes + bytes <= this.options.bytesMax;
  }

  /** Drops what is dead, wherever it waits. */
  private sweep(): void {
    const nowMs = this.clock.nowMs();
    if (nowMs - this.sweptMs < sweepEveryMs) return;
    this.sweptMs = nowMs;
    for (const entry of this.lines.entries()) this.dropIfDead(entry);
  }

  /** Makes room at the cost of who holds most, if that is more than the work's client would hold. */
  private evictFor(work: Work<T>): boolean {
    const largest = this.lines.largest((line) => this.shareOf(line));
    if (largest === undefined) return false;
    const own = this.lines.lineOf(work.client);
    const share = this.shareOf({ count: (own?.count ?? 0) + 1, bytes: (own?.bytes ?? 0) + work.bytes });
    const left = { count: largest.count, bytes: largest.bytes };
    const freed = { count: 0, bytes: 0 };
    const isEnough = (): boolean =>
      this.held.count - freed.count < this.options.countMax &&
      this.held.bytes - freed.bytes + work.bytes <= this.options.bytesMax;
    const victims: QueueEntry<T>[] = [];
    for (const victim of largest.worstFirst()) {
      if (this.shareOf(left) <= share) break;
      victims.push(victim);
      const { bytes } = victim.work;
      Object.assign(freed, { count: freed.count + 1, bytes: freed.bytes + bytes });
      Object.assign(left, { count: left.count - 1, bytes: left.bytes - bytes });
      if (isEnough()) break;
    }
    // All that is needed, or nothing: who makes no room by going stays.
    if (!isEnough()) return false;
    for (const victim of victims) this.drop(victim, 'evicted');
    return true;
  }

  /** Share of the queue, of its count or of its bytes, whichever is more. */
  private shareOf({ count, bytes }: Pick<ClientLine<T>, 'count' | 'bytes'>): number {
    return Math.max(count / this.options.countMax, bytes / this.options.bytesMax);
  }

  private receive(entry: QueueEntry<T>): Work<T> {
    // Before it leaves: a line that is empty may be forgotten.
    this.lines.charge(entry.work.client, entry.work.predictedMs);
    this.remove(entry);
    return entry.work;
  }

  private dropIfDead(entry: QueueEntry<T>): boolean {
    const { work } = entry;
    const reason = work.isAbandoned() ? 'abandoned' : 'expired';
    if (reason === 'expired' && (work.deadlineMs ?? Infinity) > this.clock.nowMs()) return false;
    this.drop(entry, reason);
    return true;
  }

  private drop(entry: QueueEntry<T>, reason: DropReason): void {
    this.remove(entry);
    this.onDrop(entry.work, reason);
  }

  private remove(entry: QueueEntry<T>): void {
    const { batchKey } = entry.work;
    this.lines.remove(entry);
    this.account(entry.work, -1);
    if (batchKey === null) return;
    const mates = this.batches.get(batchKey);
    mates?.delete(entry);
    if (mates?.size === 0) this.batches.delete(batchKey);
  }

  private account({ bytes, predictedMs, isLong = false }: Work<T>, sign: 1 | -1): void {
    this.held.count += sign;
    this.held.bytes += sign * bytes;
    if (!isLong) this.held.shortPredictedMs += sign * predictedMs;
    // Sums of doubles drift: an empty queue starts anew.
    if (this.held.count === 0) this.held.shortPredictedMs = 0;
  }
}
