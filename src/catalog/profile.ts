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

  /** All efforts that were made with so many threads, the oldest first. */
  efforts(threads: number): Effort[] {
    return this.database
      .prepare('SELECT work, shape, threads, size, elapsed_ms FROM efforts WHERE threads = ? ORDER BY id')
      .all(threads)
      .map((row) => ({
        // Declared TEXT, INTEGER and REAL, all NOT NULL.
        work: row['work'] as string,
        shape: row['shape'] as string,
        threads: row['threads'] as number,
        size: row['size'] as number,
        elapsedMs: row['elapsed_ms'] as number,
      }));
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
