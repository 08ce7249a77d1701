import type { QueryLogEntry, QueryLogStore } from '../catalog/index.ts';
import type { Profile } from './profile.ts';

/** Entries written at once; a transaction for every statement would cost more than many statements do. */
const batchMax = 64;

/** Collects what statements did and writes it to the catalog in batches, and what was learned of their costs with it. */
export class QueryLog {
  private pending: QueryLogEntry[] = [];
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: QueryLogStore,
    private readonly profile: Profile,
  ) {}

  add(entry: QueryLogEntry): void {
    this.pending.push(entry);
    if (this.pending.length >= batchMax) this.write();
  }

  /** The latest statements, newest first. */
  async latest(): Promise<QueryLogEntry[]> {
    await this.flush();
    return this.store.latest();
  }

  /** How many statements were answered from each sample, by its id. */
  async sampleUses(): Promise<ReadonlyMap<number, number>> {
    await this.flush();
    return this.store.sampleUses();
  }

  /** Resolves when all entries so far are in the catalog. */
  async flush(): Promise<void> {
    this.write();
    await this.writing;
  }

  private write(): void {
    if (this.pending.length === 0) return;
    const batch = this.pending;
    this.pending = [];
    // The log serves its reader; a statement does not fail because it could not be noted.
    this.writing = this.writing
      .then(() => this.store.keep(batch))
      .then(() => this.profile.save())
      .catch(() => undefined);
  }
}
