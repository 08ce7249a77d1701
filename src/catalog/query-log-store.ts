import type { Database } from '../database/index.ts';
import type { QueryLogEntry, WorkloadEntry } from './entries.ts';
import { json, number, type Row, text } from './read-snapshot.ts';

/** Statements that stay in the log. */
const entriesMax = 1000;

/** The latest statements, and what samples were used for, in SQLite. */
export class QueryLogStore {
  constructor(private readonly database: Database) {}

  /** Keeps statements in the log, of which only the latest stay, and counts the uses of samples. */
  async keep(entries: readonly QueryLogEntry[]): Promise<void> {
    await this.database.transactLazily(() => {
      const add = this.database.prepare(
        'INSERT INTO query_log (query_id, sql, started_ms, elapsed_ms, outcome, rows_read, workload) VALUES (?, ?, ?, ?, ?, ?, ?)',
      );
      for (const { queryId, sql, startedMs, elapsedMs, outcome, rowsRead, workload } of entries)
        add.run(queryId, sql, startedMs, elapsedMs, outcome, rowsRead, workload === null ? null : JSON.stringify(workload)); // prettier-ignore
      // Once for each: a sample's row is long, and written anew as a whole.
      const uses = new Map<string, number>();
      for (const { workload } of entries)
        if (workload !== null && workload.sample !== null)
          uses.set(workload.sample, (uses.get(workload.sample) ?? 0) + 1);
      const use = this.database.prepare('UPDATE samples SET uses = uses + ? WHERE name = ?');
      for (const [sample, count] of uses) use.run(count, sample);
      this.database
        .prepare(`DELETE FROM query_log WHERE id <= (SELECT max(id) FROM query_log) - ${entriesMax}`)
        .run();
    });
  }

  /** How many statements were answered from each sample, by its id. */
  sampleUses(): ReadonlyMap<number, number> {
    const rows = this.database.prepare('SELECT id, uses FROM samples').all();
    return new Map(rows.map((row) => [number(row, 'id'), number(row, 'uses')]));
  }

  /** The latest statements, newest first. */
  latest(): QueryLogEntry[] {
    return this.database
      .prepare('SELECT * FROM query_log ORDER BY id DESC')
      .all()
      .map((row) => ({
        queryId: text(row, 'query_id'),
        sql: text(row, 'sql'),
        startedMs: number(row, 'started_ms'),
        elapsedMs: number(row, 'elapsed_ms'),
        outcome: text(row, 'outcome'),
        rowsRead: number(row, 'rows_read'),
        workload: workloadIn(row),
      }));
  }
}

/** What is kept of a SELECT; null also where it cannot be read any more: it tells of the past, and nothing depends on it. */
function workloadIn(row: Row): WorkloadEntry | null {
  if (row['workload'] === null) return null;
  try {
    return json(row, 'workload') as WorkloadEntry;
  } catch {
    return null;
  }
}
