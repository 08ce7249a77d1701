import type { Database } from '../../../src/database/index.ts';
import type { Read } from './simulated-engine.ts';

/** What happened, so that nobody believes in a run where nothing did. */
export const noTally = {
  published: 0, dropped: 0, refreshed: 0, reads: 0, collected: 0, crashes: 0, powerLosses: 0, faults: 0, failed: 0, lostLeases: 0,
}; // prettier-ignore
export type Tally = Record<keyof typeof noTally, number>;

/** The model beside a run: who may publish what, and what is read; against which the catalog and the device are held. */
export class Ledger {
  /** The lease under which each number was taken. */
  readonly numbers = new Map<number, { readonly name: string; readonly token: number }>();
  readonly reads = new Set<Read>();
  private readonly newest = new Map<string, number>();
  private published = new Set<number>();
  private readonly publishedTokens = new Set<number>();

  /** @param note is told what was published */
  constructor(
    private readonly database: Database,
    private readonly tally: Tally,
    private readonly note: (what: string) => void,
  ) {}

  /** A process has ended: it reads no more. */
  forgetReads(process: string): void {
    for (const read of this.reads)
      if (read.pinPrefix.startsWith(`read/${read.entry.id}/${process}-`)) this.reads.delete(read);
  }

  /** Tokens grow; what is new in the catalog was published under the latest one of its lease, once. @throws Error */
  checkPublished(): void {
    const tokens = this.database.prepare("SELECT name, token FROM leases WHERE name LIKE 'build/%'").all();
    for (const { name, token } of tokens as { name: string; token: number }[]) {
      const before = this.newest.get(name) ?? 0;
      insist(token >= before, `token ${token} of ${name} was given after token ${before}`);
      this.newest.set(name, token);
    }
    const rows = this.database.prepare('SELECT id FROM samples').all();
    const now = rows.map(({ id }) => id as number); // the primary key
    for (const id of now.filter((each) => !this.published.has(each))) {
      const { name, token } = this.numbers.get(id)!; // it was given
      this.note(`number ${id} is published`);
      this.tally.published++;
      insist(this.newest.get(name) === token, `number ${id} was published under the stale token ${token}`);
      insist(!this.publishedTokens.has(token), `token ${token} was committed under twice`);
      this.publishedTokens.add(token);
    }
    this.tally.dropped += [...this.published].filter((id) => !now.includes(id)).length;
    this.published = new Set(now);
  }

  /**
   * While its pin is good by all clocks, what a statement reads stays where it is.
   * @param latestMs of all wall clocks the one that is ahead
   * @param there names of the samples' files
   * @throws Error
   */
  checkReads(latestMs: number, there: readonly string[]): void {
    for (const read of this.reads) {
      const pins = this.database
        .prepare('SELECT 1 FROM leases WHERE name > ? AND name < ? AND expires_ms > ?')
        .all(read.pinPrefix, `${read.pinPrefix}~`, latestMs);
      if (pins.length === 0) read.isProtected = false;
      if (!read.isProtected) continue;
      const { dataFile, strataFile } = read.entry.files;
      for (const file of [dataFile, strataFile])
        insist(there.includes(file), `${file} was removed while it is read`);
    }
  }
}

/** @throws Error where it does not hold */
export function insist(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
