import type { Database } from '../database/index.ts';
import type { TableEntry } from './entries.ts';
import { lessonSeal } from './seals.ts';

/** What an exact run told of an expression, or of a pair of them, in every stratum of a table. */
export interface Lesson {
  readonly tableId: number;
  /** What the strata are made of, as text. */
  readonly strata: string;
  /** The expressions as printed SQL, as text. */
  readonly subject: string;
  /** What the table's files were like, see {@link fingerprintOf}. */
  readonly fingerprint: string;
  readonly learnedMs: number;
  /** Columns of numbers, one entry a stratum. */
  readonly columns: readonly Float64Array[];
}

/** Which lesson is asked for. */
export type LessonKey = Pick<Lesson, 'tableId' | 'strata' | 'subject' | 'fingerprint'>;

/** Most lessons that are kept, and most bytes of all of them; the oldest go. */
const lessonsMax = 1000;
const bytesMax = 2 ** 26;

/** A text that changes when a file of the table does. */
export function fingerprintOf({ files }: TableEntry): string {
  return JSON.stringify(files.map(({ path, bytes, modifiedMs }) => [path, bytes, modifiedMs]));
}

/** Lessons, in SQLite; they go with their table. */
export class LessonStore {
  constructor(private readonly database: Database) {}

  /** null: nothing of the kind was learned while the table's files were as they are now, or it is not what was written. */
  find({ tableId, strata, subject, fingerprint }: LessonKey): Lesson | null {
    const row = this.database
      .prepare('SELECT * FROM lessons WHERE table_id = ? AND strata = ? AND subject = ? AND fingerprint = ?')
      .get(tableId, strata, subject, fingerprint);
    if (row === undefined) return null;
    const bytes = row['data'] as Uint8Array; // declared BLOB NOT NULL
    const about = [tableId, strata, subject, fingerprint, row['strata_count']];
    if (row['seal'] !== null && row['seal'] !== lessonSeal(about, bytes)) return null;
    const numbers = new Float64Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
    );
    const strataCount = row['strata_count'] as number; // declared INTEGER NOT NULL
    return {
      tableId,
      strata,
      subject,
      fingerprint,
      learnedMs: row['learned_ms'] as number, // declared REAL NOT NULL
      columns: Array.from({ length: numbers.length / strataCount }, (_, place) =>
        numbers.subarray(place * strataCount, (place + 1) * strataCount),
      ),
    };
  }

  /** Keeps lessons in the place of earlier ones on the same; where their table is gone, none. @throws QueryError STORAGE */
  async keep(lessons: readonly Lesson[]): Promise<void> {
    await this.database.transactLazily(() => {
      for (const lesson of lessons) this.add(lesson);
      this.database
        .prepare(
          `DELETE FROM lessons WHERE id NOT IN (SELECT id FROM (
             SELECT id, row_number() OVER newest AS place, sum(length(data)) OVER newest AS bytes
             FROM lessons WINDOW newest AS (ORDER BY id DESC)) WHERE place <= ${lessonsMax} AND bytes <= ${bytesMax})`,
        )
        .run();
    });
  }

  private add({ tableId, strata, subject, fingerprint, learnedMs, columns }: Lesson): void {
    const strataCount = columns[0]?.length ?? 0;
    if (strataCount === 0) return;
    const data = new Float64Array(columns.length * strataCount);
    for (const [place, column] of columns.entries()) data.set(column, place * strataCount);
    const bytes = new Uint8Array(data.buffer);
    const seal = lessonSeal([tableId, strata, subject, fingerprint, strataCount], bytes);
    this.database
      .prepare('DELETE FROM lessons WHERE table_id = ? AND strata = ? AND subject = ?')
      .run(tableId, strata, subject);
    this.database
      .prepare(
        `INSERT INTO lessons (table_id, strata, subject, fingerprint, learned_ms, strata_count, data, seal)
         SELECT id, ?, ?, ?, ?, ?, ?, ? FROM tables WHERE id = ?`,
      )
      .run(strata, subject, fingerprint, learnedMs, strataCount, bytes, seal, tableId);
  }
}
