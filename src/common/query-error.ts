import type { Span } from './span.ts';

/** What a code means at the doors: the HTTP status and the exit code of `ballpark query`. */
interface Outcome {
  readonly httpStatus: number;
  readonly exitCode: number;
}

const refused: Outcome = { httpStatus: 400, exitCode: 1 };
const missing: Outcome = { httpStatus: 404, exitCode: 1 };
const conflict: Outcome = { httpStatus: 409, exitCode: 1 };
const unprocessable: Outcome = { httpStatus: 422, exitCode: 1 };

/** Every code that a caller can meet, and what it means at the doors. Codes are stable: clients match on them. */
export const errorCodes = {
  SYNTAX: refused,
  LIMIT_EXCEEDED: refused,
  UNKNOWN_TABLE: missing,
  UNKNOWN_COLUMN: refused,
  UNKNOWN_FUNCTION: refused,
  UNKNOWN_SAMPLE: missing,
  AMBIGUOUS_COLUMN: refused,
  TYPE_MISMATCH: refused,
  INVALID_AGGREGATE: refused,
  INVALID_ARGUMENT: refused,
  INVALID_BOUND: refused,
  INVALID_PARAMETER: refused,
  DUPLICATE_NAME: conflict,
  LEASE_HELD: conflict,
  LEASE_LOST: conflict,
  TOO_MANY_JOBS: { httpStatus: 429, exitCode: 1 },
  NOT_SUPPORTED: unprocessable,
  MISSING_FILE: missing,
  INVALID_FILE: unprocessable,
  FORBIDDEN_PATH: { httpStatus: 403, exitCode: 1 },
  CHANGED_FILE: conflict,
  DAMAGED_SAMPLE: { httpStatus: 500, exitCode: 1 },
  DAMAGED_CATALOG: { httpStatus: 500, exitCode: 1 },
  EXECUTION: unprocessable,
  BOUND_MISSED: unprocessable,
  NO_EXACT_ANSWER: unprocessable,
  DEADLINE_EXCEEDED: { httpStatus: 504, exitCode: 1 },
  STORAGE: { httpStatus: 507, exitCode: 1 },
  CANCELLED: { httpStatus: 499, exitCode: 1 },
  CLOSED: { httpStatus: 503, exitCode: 1 },
} as const satisfies Record<string, Outcome>;

export type ErrorCode = keyof typeof errorCodes;

export interface QueryErrorDetails {
  /** Where in the statement. */
  readonly span?: Span | undefined;
  /** What to do about it, for example a "did you mean". */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Every error that a caller can provoke: a statement that does not parse, a table that is not there, a file that cannot be
 * read, a bound that cannot be met. Bugs are never a QueryError.
 */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly code: ErrorCode;
  /** Half-open character range in the statement. */
  readonly span?: Span;
  readonly hint?: string;

  /**
   * @param code a stable code of {@link errorCodes}
   * @param message what was expected and what was found, one sentence without a trailing period
   */
  constructor(code: ErrorCode, message: string, details: QueryErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.span !== undefined) this.span = details.span;
    if (details.hint !== undefined) this.hint = details.hint;
  }
}
