import type { Migration } from '../database/index.ts';
import { json, number, type Row, text } from './read-snapshot.ts';

/** Jobs: a row for each from when it is taken on until what came of it is forgotten. */
export const jobSchema: Migration = `CREATE TABLE jobs (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, sql TEXT NOT NULL, params TEXT NOT NULL,
  state TEXT NOT NULL, reason TEXT, attempts INTEGER NOT NULL DEFAULT 0, token INTEGER, term_ms REAL NOT NULL,
  expires_ms REAL NOT NULL, submitted_ms REAL NOT NULL, started_ms REAL, ended_ms REAL, forget_ms REAL, progress TEXT, error TEXT,
  interim TEXT, answer TEXT);
CREATE INDEX jobs_by_state ON jobs (state, number);`;

/** Queued and running ones are unfinished; the others have ended. */
export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'lost';

/** A job as it is taken on. */
export interface NewJob {
  /** Hard to guess: whoever knows it may ask after the job. */
  readonly id: string;
  readonly owner: string;
  readonly sql: string;
  /** As whoever runs it wrote them. */
  readonly params: string;
  /** For how long it goes on without being asked after. */
  readonly termMs: number;
  readonly submittedMs: number;
}

/** A job. Times are of the wall clock, milliseconds since 1970. */
export interface JobEntry extends NewJob {
  /** In the order in which jobs were taken on. */
  readonly number: number;
  readonly state: JobState;
  /** Why it ended as it did; null: it has not. */
  readonly reason: string | null;
  /** How often it was begun. */
  readonly attempts: number;
  /** Of the lease that it was begun under last; null: it never was. */
  readonly token: number | null;
  /** When it is given up, unless somebody asks after it before. */
  readonly expiresMs: number;
  /** When it was first begun. */
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  /** When it is forgotten, with its answer. */
  readonly forgetMs: number | null;
  /** As whoever runs it wrote it last. */
  readonly progress: string | null;
  readonly error: string | null;
  /** Bytes of an interim answer that is kept; null: none is. */
  readonly interimBytes: number | null;
  readonly answer: JobAnswerFile | null;
}

/** The file of a final answer. */
export interface JobAnswerFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** How a job ends. Its error is as whoever runs it wrote it. */
export interface JobEnding {
  readonly state: Exclude<JobState, 'queued' | 'running'>;
  readonly reason: string;
  readonly error: string | null;
  readonly answer: JobAnswerFile | null;
  readonly endedMs: number;
  readonly forgetMs: number;
}

/** What {@link readJob} reads. Interim answers are left out: they are read where somebody wants one. */
export const jobColumns = `number, id, owner, sql, params, state, reason, attempts, token, term_ms, expires_ms, submitted_ms,
  started_ms, ended_ms, forget_ms, progress, error, answer, length(CAST(interim AS BLOB)) AS interim_bytes`;

/** A job from its row. */
export function readJob(row: Row): JobEntry {
  const words = (name: string): string | null => row[name] as string | null; // declared TEXT
  const count = (name: string): number | null => row[name] as number | null; // declared INTEGER or REAL
  return {
    number: number(row, 'number'),
    id: text(row, 'id'),
    owner: text(row, 'owner'),
    sql: text(row, 'sql'),
    params: text(row, 'params'),
    state: text(row, 'state') as JobState, // written from one
    reason: words('reason'),
    attempts: number(row, 'attempts'),
    token: count('token'),
    termMs: number(row, 'term_ms'),
    expiresMs: number(row, 'expires_ms'),
    submittedMs: number(row, 'submitted_ms'),
    startedMs: count('started_ms'),
    endedMs: count('ended_ms'),
    forgetMs: count('forget_ms'),
    progress: words('progress'),
    error: words('error'),
    interimBytes: count('interim_bytes'),
    answer: row['answer'] === null ? null : (json(row, 'answer') as JobAnswerFile), // written from one
  };
}
