import { basename } from 'node:path';
import type { Database, Migration } from '../database/index.ts';
import { type Fence, requireLease } from '../leases/index.ts';
import { filesIn } from './dropped-samples.ts';
import type { CatalogSnapshot } from './entries.ts';
import { number, readSnapshot, text } from './read-snapshot.ts';

/** Numbers of files that were given out and are not published yet, with the token of the lease that they were taken under. */
export const unfinishedFileSchema: Migration =
  'CREATE TABLE unfinished_files (number INTEGER PRIMARY KEY, token INTEGER NOT NULL);';

/** To be called in a transaction. @returns a number that was never given before and never will be */
export function giveFileNumber(database: Database, { token }: Fence): number {
  const { lastInsertRowid } = database.prepare('INSERT INTO file_numbers DEFAULT VALUES').run();
  database.prepare('INSERT INTO unfinished_files (number, token) VALUES (?, ?)').run(lastInsertRowid, token);
  return lastInsertRowid;
}

/**
 * To be called in the transaction that publishes what was written under a lease: from then on the files are whose entry names them.
 * @throws QueryError LEASE_LOST where the lease is somebody else's by now, or was forgotten: with it, its files were given up
 */
export function finishFiles(database: Database, fence: Fence): void {
  requireLease(database, fence);
  database.prepare('DELETE FROM unfinished_files WHERE token = ?').run(fence.token);
}

/** Names of files in the two folders. */
export interface FolderListing {
  readonly samples: readonly string[];
  readonly tables: readonly string[];
}

const livingTokens = 'SELECT token FROM leases WHERE expires_ms > ?';
const sampleFile = /^sample-(\d+)(\.strata)?\.arrow(\.tmp)?$/;
const tableFile = /^table-(\d+)\.parquet(\.tmp)?$/;

const numberOf = (name: string): number | null => {
  const found = sampleFile.exec(name) ?? tableFile.exec(name);
  return found === null ? null : Number(found[1]);
};

/** Whose the files are that Ballpark wrote, by the catalog. */
export class FileOwners {
  constructor(private readonly database: Database) {}

  /**
   * The files that are nobody's: of builders that are gone, of entries that are gone. A file is somebody's where a table, a sample, or
   * a dropped sample that is still read names it, or where its number was taken under a lease that is not over. Builders whose lease
   * is over are given up by this, whatever files they have begun: the lease is forgotten, so that it cannot be renewed. Files that
   * are not named as Ballpark names them are left alone.
   * @param listed was listed before, so that whatever is in it had its number by then
   * @returns what may be removed of each folder: that it may is on the device
   * @throws QueryError STORAGE
   */
  async findNobodys(listed: FolderListing, nowMs: number): Promise<FolderListing> {
    const find = (): FolderListing => this.nobodys(listed, nowMs);
    const { samples, tables } = find();
    // Most often there is nothing, and nothing to wait for.
    if (samples.length + tables.length === 0) return { samples, tables };
    return await this.database.transact(() => {
      this.database
        .prepare('DELETE FROM leases WHERE expires_ms <= ? AND token IN (SELECT token FROM unfinished_files)')
        .run(nowMs);
      this.database
        .prepare('DELETE FROM unfinished_files WHERE token NOT IN (SELECT token FROM leases)')
        .run();
      return find();
    });
  }

  private nobodys(listed: FolderListing, nowMs: number): FolderListing {
    const last = this.database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'file_numbers'").get();
    const greatest = Number(last?.['seq'] ?? 0);
    const rows = this.database
      .prepare(`SELECT number FROM unfinished_files WHERE token IN (${livingTokens})`)
      .all(nowMs);
    const building = new Set(rows.map((row) => number(row, 'number')));
    const without = (names: readonly string[], named: ReadonlySet<string> | null): string[] =>
      names.filter((name) => {
        const ofName = numberOf(name);
        if (named === null || ofName === null) return false;
        return ofName <= greatest && !building.has(ofName) && !named.has(name);
      });
    const snapshot = readSnapshot(this.database);
    return {
      samples: without(listed.samples, this.namedBySamples(snapshot)),
      tables: without(listed.tables, namedByTables(snapshot)),
    };
  }

  /** Null: an entry cannot be read, and any file may be its. */
  private namedBySamples({ samples }: CatalogSnapshot): ReadonlySet<string> | null {
    const dropped = this.database.prepare('SELECT files FROM dropped_samples').all();
    const all = [
      ...samples.map(({ files, trouble }) => (trouble?.ofEntry === true ? null : files)),
      ...dropped.map((row) => filesIn(text(row, 'files'))),
    ];
    if (all.includes(null)) return null;
    return new Set(all.flatMap((files) => [files!.dataFile, files!.strataFile])); // none is null
  }
}

/** Null: an entry cannot be read, and any file may be its. */
function namedByTables({ tables }: CatalogSnapshot): ReadonlySet<string> | null {
  if (tables.some(({ trouble }) => trouble !== undefined)) return null;
  return new Set(tables.flatMap(({ files }) => files.map(({ path }) => basename(path))));
}
