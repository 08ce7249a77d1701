import type { Table } from 'apache-arrow';
import type { Estimate } from '../plan/index.ts';
import type { Parameters } from '../planner/index.ts';

/*
 * The public face of the package: what the library exports, what the HTTP endpoint returns as JSON, and what the shell prints
 * from. The three doors share these types.
 */

export interface OpenOptions {
  /** Folder of the catalog (SQLite), the samples (Arrow IPC) and scratch files. `':memory:'` keeps nothing on disk. Default `.ballpark`. */
  readonly dataDir?: string;
  /** Executor threads. Default: the cores this process may use. */
  readonly threads?: number;
  /** Upper bound for samples held in memory, a quarter of it, and for DuckDB, bytes. Samples that are being read may take more. */
  readonly memoryLimitBytes?: number;
  /** Folders that `CREATE TABLE … FROM` may read. Default: the working directory. */
  readonly allowedPaths?: readonly string[];
  /** Called when something needs the operator's care, though statements are answered all the same. */
  readonly onAlert?: (alert: Alert) => void;
  /**
   * Keeps samples fresh: looks every so many milliseconds for files that tables have not taken in, and refreshes their samples. Of
   * several processes on one folder one does. Not there: this one does not. At least 100.
   */
  readonly maintainEveryMs?: number;
  /** For trials: what is to become of the tasks of scans, for example `unreadable=0.3,crash=0.01,class=first,seed=7`. */
  readonly taskFaults?: string;
}

/** Something that needs the operator's care. */
export interface Alert {
  /**
   * Damaged: not used again, by any process. Unavailable: not read now, tried again later. Drifted: its strata are no longer those that
   * it was made for. Failed: a table cannot be refreshed, for now.
   */
  readonly kind: 'damaged-sample' | 'unavailable-sample' | 'drifted-sample' | 'failed-refresh';
  /** null: it is about no single one. */
  readonly sample: string | null;
  /** Of the sample; null: it was dropped meanwhile. */
  readonly table: string | null;
  /** What happened, in one sentence. */
  readonly message: string;
}

export interface Engine extends AsyncDisposable {
  /** Runs one statement (SELECT, EXPLAIN, CREATE …, SHOW …) and resolves with its final answer. @throws QueryError */
  query(sql: string, options?: QueryOptions): Promise<QueryResult>;
  /**
   * The same, as a sequence of ever narrower answers; the last one has `final: true` and is the answer of `query()`. The statement
   * runs from the first `next()` on, at its own speed: of interim answers a slow reader gets the latest only. Leaving the loop
   * cancels it.
   * @throws QueryError
   */
  stream(sql: string, options?: QueryOptions): AsyncIterable<QueryResult>;
  /**
   * Tries what becomes of answers from a table's samples where blocks of these are lost: by class of block whether an answer can do
   * without it, and lines fitted to distortion and time over the share of blocks that is discarded.
   * @throws QueryError
   */
  resilience(table: string, options?: Pick<QueryOptions, 'signal' | 'onProgress'>): Promise<QueryResult>;
  /** Interrupts what runs, waits for it to end, and releases all files. */
  close(): Promise<void>;
}

export interface QueryOptions {
  /** Values for `?` and `:name` placeholders. */
  readonly params?: Parameters;
  readonly signal?: AbortSignal;
  /** Called while long work runs (sample builds, exact scans). */
  readonly onProgress?: (progress: Progress) => void;
  /** `stream()`: no interim answer before so many milliseconds. Each takes time to make. Default 0. */
  readonly refineAfterMs?: number;
}

export interface Progress {
  readonly phase: 'scan' | 'sample' | 'execute' | 'exact';
  /** 0..1, or null where the total is not known. */
  readonly fraction: number | null;
  readonly rows: number;
}

export interface QueryResult {
  readonly queryId: string;
  /** False: an interim answer of `stream()`, from a part of the rows that the final one will be from. */
  readonly final: boolean;
  readonly columns: readonly ResultColumn[];
  /**
   * One array a row, in the order of `columns`, materialised on first access. In an approximate answer an aggregate's column has
   * role `estimate` and its cells are Estimates (single cells may be exact); in an exact or precomputed answer it has role `exact`
   * and plain values.
   */
  readonly rows: readonly (readonly Cell[])[];
  /** One a row: how sure it is that the row belongs here. null where estimates had no part in choosing the rows. */
  readonly marks: readonly RowMark[] | null;
  readonly answer: AnswerSummary;
  /** Arrow form: an estimate column `x` becomes x, x_low, x_high, x_stderr, x_certified. */
  toArrow(): Table;
  /** Plain objects keyed by column name (null prototype); estimates become their `value`. */
  toObjects(): Record<string, unknown>[];
  /**
   * The form that the HTTP endpoint sends: integers beyond 2^53, NaN and infinities as text, DATE and TIMESTAMP as ISO text
   * (timestamps with microseconds). Called by JSON.stringify.
   */
  toJSON(): QueryResultJson;
}

export interface QueryResultJson {
  readonly queryId: string;
  readonly final: boolean;
  readonly columns: readonly ResultColumn[];
  /** Rows that the answer has. */
  readonly rowCount: number;
  /** True: `rows` are the first of them only, for the HTTP endpoint sends no more than its limit. */
  readonly truncated: boolean;
  readonly rows: readonly (readonly JsonCell[])[];
  readonly marks: readonly RowMark[] | null;
  readonly answer: AnswerSummary;
}
export type JsonCell = string | number | boolean | null | Estimate;

export interface ResultColumn {
  readonly name: string;
  /** `value`: in an approximate answer what accessors such as `LOWER_BOUND` say of estimates, as plain values. */
  readonly role: 'group' | 'estimate' | 'exact' | 'value';
  /** SQL type name: BOOLEAN, BIGINT, DOUBLE, VARCHAR, DATE, TIMESTAMP, … */
  readonly type: string;
}
/** DATE and TIMESTAMP are Dates (to the millisecond), integers beyond 2^53 bigints, DECIMALs that no number holds exactly text. */
export type Cell = string | number | bigint | boolean | Date | null | Estimate;

/**
 * How sure it is that a row of an approximate answer belongs here. True: it does wherever in its interval each true value lies;
 * intervals that are not certified tell nothing. False: it is here by the estimated values.
 */
export interface RowMark {
  /** HAVING keeps the row. null: it does not go by estimates. */
  readonly havingCertain: boolean | null;
  /** The row is among those that ORDER BY with LIMIT or OFFSET asks for. null: they leave nothing out, or do not go by estimates. */
  readonly rankCertain: boolean | null;
}

export interface AnswerSummary {
  readonly mode: 'approximate' | 'exact' | 'precomputed';
  /** What the statement asked for, and what was reached. */
  readonly requested: {
    readonly error?: { readonly bound: number; readonly relative: boolean; readonly confidence: number };
    readonly withinMs?: number;
  };
  readonly achieved: { readonly maxRelativeError: number | null; readonly elapsedMs: number };
  /**
   * What was expected when the size of the work was set: by the rows that had been read until then, and by what such work has taken
   * before. null: nothing was to be set.
   */
  readonly predicted: { readonly maxRelativeError: number | null; readonly elapsedMs: number } | null;
  /** False: a requested bound was not reached; `notes` says which and why. */
  readonly met: boolean;
  /**
   * A server under load let the statement, which asks for no error bound, read such a share of the sample's rows at most: the intervals
   * hold as ever and are wider. null: it was not cut short.
   */
  readonly degraded: { readonly rowsShare: number } | null;
  readonly sample: {
    readonly name: string;
    readonly version: number;
    readonly rowsRead: number;
    readonly rowsInSample: number;
    readonly populationRows: number;
  } | null;
  /** Why this sample and this many rows, or why the exact route, in one sentence. */
  readonly reason: string;
  readonly tasks: { readonly planned: number; readonly completed: number; readonly discarded: number };
  /**
   * Of an approximate answer: what the confidence speaks of, each interval by itself or (SIMULTANEOUS) all of so many at once; they
   * are counted before HAVING and LIMIT. null: nothing is estimated.
   */
  readonly intervals: {
    readonly kind: 'pointwise' | 'simultaneous';
    readonly confidence: number;
    readonly count: number;
  } | null;
  /** What `marks` leave to be said. null where there are none. */
  readonly choice: {
    /** Groups that HAVING left out although their intervals leave it open; null: it does not go by estimates. */
    readonly droppedUncertain: number | null;
    /** `rankCertain` also allows for groups that the sample may have missed; null: no rank is judged. */
    readonly coversMissingGroups: boolean | null;
  } | null;
  /** With the answer's confidence no group with more rows than this is missing from the answer; 0: none can be missing. */
  readonly missingGroupRowsMax: number;
  /** With the answer's confidence the groups that the answer does not show have at most this many rows in all. */
  readonly missingRowsMax: number;
  /**
   * The files that the tables were made from have changed since, or there are more: about so many rows came with them, which
   * `REFRESH SAMPLES` takes in. null: nothing has, as far as is known.
   */
  readonly stale: { readonly rowsAddedSinceSample: number } | null;
  readonly timings: Readonly<Record<'parseMs' | 'planMs' | 'executeMs' | 'estimateMs' | 'totalMs', number>>;
  readonly notes: readonly string[];
}
