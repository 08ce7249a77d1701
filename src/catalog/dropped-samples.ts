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

/** A sample that was dropped and whose files are to be removed when nobody reads them. */
export interface DroppedSample {
  readonly id: number;
  /** null: the catalog has lost their names. */
  readonly files: Pick<SampleFiles, 'dataFile' | 'strataFile'> | null;
}

/** What dropped samples left behind, in SQLite: it outlives a crash between dropping a sample and removing its files. */
export class DroppedSamples {
  constructor(private readonly database: Database) {}

  /**
   * Samples whose files may go. That they were dropped is on the device then, whichever process dropped them: a power loss does not
   * bring back a sample that has lost its files.
   * @throws QueryError STORAGE
   */
  async list(): Promise<DroppedSample[]> {
    const find = this.database.prepare('SELECT id, files FROM dropped_samples');
    // Most often there are none, and nothing to wait for.
    const rows = find.get() === undefined ? [] : await this.database.transact(() => find.all());
    return rows.map((row) => ({
      id: row['id'] as number, // the primary key
      files: filesIn(row['files'] as string), // declared TEXT NOT NULL
    }));
  }

  /** The files are gone. @throws QueryError STORAGE */
  async forget(id: number): Promise<void> {
    await this.database.transact(() =>
      this.database.prepare('DELETE FROM dropped_samples WHERE id = ?').run(id),
    );
  }
}

/** The files, as the catalog had them; none where that cannot be read any more. */
function filesIn(text: string): DroppedSample['files'] {
  try {
    return JSON.parse(text) as SampleFiles;
  } catch {
    return null;
  }
}
