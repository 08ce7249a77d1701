import type { Database } from '../database/index.ts';

/** How long a piece of work took. */
export interface Effort {
  /** The kind of work. */
  readonly work: string;
  /** What it was done for; works of one kind and shape differ in size only. */
  readonly shape: string;
  /** Threads that it had. */
  readonly threads: number;
  /** By its kind's own measure, above 0. */
  readonly size: number;
  readonly elapsedMs: number;
}

/** Efforts that are kept; the oldest go. */
const effortsMax = 4096;

/** What work cost, for predictions: the error–latency profile's memory, in SQLite. */
export class ProfileStore {
  constructor(private readonly database: Database) {}

  /** All efforts that were made with so many threads, the oldest first. They are read whenever an engine opens. */
  efforts(threads: number): Omit<Effort, 'threads'>[] {
    // Declared TEXT and REAL, all NOT NULL.
    return this.database
      .prepare('SELECT work, shape, size, elapsed_ms AS elapsedMs FROM efforts WHERE threads = ? ORDER BY id')
      .all(threads) as unknown as Omit<Effort, 'threads'>[];
  }

  /** @throws QueryError STORAGE */
  async keep(efforts: readonly Effort[]): Promise<void> {
    await this.database.transactLazily(() => {
      const add = this.database.prepare(
        'INSERT INTO efforts (work, shape, threads, size, elapsed_ms) VALUES (?, ?, ?, ?, ?)',
      );
      for (const { work, shape, threads, size, elapsedMs } of efforts)
        add.run(work, shape, threads, size, elapsedMs);
      this.database
        .prepare(`DELETE FROM efforts WHERE id <= (SELECT max(id) FROM efforts) - ${effortsMax}`)
        .run();
    });
  }
}
