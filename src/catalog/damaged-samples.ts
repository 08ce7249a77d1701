import type { Database, Migration } from '../database/index.ts';
import type { SampleEntry, SampleTrouble } from './entries.ts';

/** Samples that were found damaged, by the version that was: another version of the sample has other files. */
export const damagedSampleSchema: Migration = `CREATE TABLE damaged_samples (
  sample_id INTEGER PRIMARY KEY REFERENCES samples (id) ON DELETE CASCADE, version INTEGER NOT NULL, found_ms REAL NOT NULL,
  reason TEXT NOT NULL);`;

/**
 * To be called in a transaction: keeps a sample from being used by any process. Who found it first is remembered; a sample that was
 * dropped meanwhile needs no mark.
 */
export function markDamaged(
  database: Database,
  { id, version }: Pick<SampleEntry, 'id' | 'version'>,
  { sinceMs, reason }: SampleTrouble,
): void {
  database
    .prepare(
      `INSERT INTO damaged_samples SELECT id, version, ?, ? FROM samples WHERE id = ? AND version = ?
       ON CONFLICT (sample_id) DO UPDATE SET version = excluded.version, found_ms = excluded.found_ms, reason = excluded.reason
       WHERE version <> excluded.version`,
    )
    .run(sinceMs, reason, id, version);
}

/** What is known against samples, by id and version. */
export function readDamaged(
  database: Database,
): (sample: Pick<SampleEntry, 'id' | 'version'>) => SampleTrouble | undefined {
  const found = new Map(
    database
      .prepare('SELECT sample_id, version, found_ms, reason FROM damaged_samples')
      .all()
      .map(({ sample_id, version, found_ms, reason }) => [
        sample_id,
        {
          version,
          trouble: { kind: 'damaged', sinceMs: found_ms as number, reason: reason as string } as const, // declared so
        },
      ]),
  );
  return ({ id, version }) => {
    const known = found.get(id);
    return known?.version === version ? known.trouble : undefined;
  };
}
