import { type Engine, QueryError, type QueryOptions, type QueryResult, renderError } from '../index.ts';
import type { Output } from './cli-streams.ts';
import { withProgressBar } from './progress-bar.ts';
import { visibleLines } from './visible-text.ts';

/** A statement and where it starts in the text that the user wrote. */
export interface Statement {
  readonly text: string;
  readonly start: number;
}

/** Runs a statement, with a progress bar on a terminal where it takes long. @throws QueryError */
export function runStatement(
  engine: Engine,
  sql: string,
  options: Pick<QueryOptions, 'params' | 'signal'>,
  stderr: Output,
): Promise<QueryResult> {
  return withProgressBar(stderr, (onProgress) =>
    engine.query(sql, onProgress === undefined ? options : { ...options, onProgress }),
  );
}

/** An error with the line and a caret as they stand in the whole text, of which the statement is a part. */
export function describeError(error: QueryError, script: string, { start, text }: Statement): string {
  const { code, message, span, hint } = error;
  if (span === undefined) return visibleLines(renderError(error, text));
  const placed = { start: span.start + start, end: span.end + start };
  return visibleLines(renderError(new QueryError(code, message, { span: placed, hint }), script));
}

/** An error that is none of the user's, with all that helps to find it. */
export function describeBug(error: unknown): string {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `ballpark failed, which is a bug in it:\n${what}`;
}
