import type { Database, Migration } from '../database/index.ts';
import type { SampleFiles } from '../samples/index.ts';

/** Samples that are no longer in the catalog, but whose files may still be there. */
export const droppedSampleSchema: Migration =
  'CREATE TABLE dropped_samples (id INTEGER PRIMARY KEY, files TEXT NOT NULL);';

/** To be called in the transaction that drops samples, before it does: remembers their files. */
export function rememberFiles(database: Database, samplesOf: 'id' | 'table_id', id: number): void {
  database
    .prepare(`INSERT INTO dropped_samples SELECT id, files FROM samples WHERE ${samplesOf} = ?`)
    .run(id);
}

/** What dropped samples left behind, in SQLite: it outlives a crash between dropping a sample and removing its files. */
export class DroppedSamples {
  constructor(private readonly database: Database) {}

  /**
   * Samples whose files may go, by their ids. That they were dropped is on the device then, whichever process dropped them: a power
   * loss does not bring back a sample that has lost its files.
   * @throws QueryError STORAGE
   */
  async list(): Promise<number[]> {
    const find = this.database.prepare('SELECT id FROM dropped_samples');
    // Most often there are none, and nothing to wait for.
    const rows = find.get() === undefined ? [] : await this.database.transact(() => find.all());
    return rows.map((row) => row['id'] as number); // the primary key
  }

  /** Nobody reads it any more: its files are nobody's. @throws QueryError STORAGE */
  async forget(id: number): Promise<void> {
    await this.database.transact(() =>
      this.database.prepare('DELETE FROM dropped_samples WHERE id = ?').run(id),
    );
  }
}

/** The files of a dropped sample, as the catalog had them; null where that cannot be read any more. */
export function filesIn(text: string): Pick<SampleFiles, 'dataFile' | 'strataFile'> | null {
  try {
    return JSON.parse(text) as SampleFiles;
  } catch {
    return null;
  }
}
