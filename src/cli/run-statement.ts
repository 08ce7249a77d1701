import { type Engine, QueryError, type QueryOptions, type QueryResult, renderError } from '../index.ts';
import type { Output } from './cli-streams.ts';
import { patienceMs, type Watcher, withProgressBar } from './progress-bar.ts';
import { visibleLines } from './visible-text.ts';

/** A statement and where it starts in the text that the user wrote. */
export interface Statement {
  readonly text: string;
  readonly start: number;
}

/** Runs a statement; on a terminal, where it takes long, with a progress bar and the width reached so far. @throws QueryError */
export function runStatement(
  engine: Engine,
  sql: string,
  options: Pick<QueryOptions, 'params' | 'signal'>,
  stderr: Output,
): Promise<QueryResult> {
  return withProgressBar(stderr, (watcher) =>
    watcher === null
      ? engine.query(sql, options)
      : lastOf(
          engine.stream(sql, { ...options, onProgress: watcher.onProgress, refineAfterMs: patienceMs }),
          watcher,
        ),
  );
}

async function lastOf(answers: AsyncIterable<QueryResult>, { onInterim }: Watcher): Promise<QueryResult> {
  for await (const answer of answers) {
    if (answer.final) return answer;
    onInterim(answer);
  }
  throw new Error('a stream ends with its final answer');
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
