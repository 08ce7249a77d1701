import type { QueryError } from './query-error.ts';

/** A position as people count: from 1, columns in characters (code points). */
export interface LinePosition {
  readonly line: number;
  readonly column: number;
}

/** The line and column of a character offset. */
export function linePositionOf(text: string, offset: number): LinePosition {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: Array.from(before.slice(lineStart)).length + 1 };
}

/**
 * The error as shown to a person: code and message, then the line of the statement with a caret under the place, then the hint.
 * @param sql the statement that the error's span points into
 */
export function renderError(error: QueryError, sql: string): string {
  const lines = [`${error.code}: ${error.message}`];
  if (error.span !== undefined) {
    const start = Math.min(error.span.start, sql.length);
    const { line, column } = linePositionOf(sql, start);
    const source = (sql.split('\n')[line - 1] ?? '').replaceAll('\t', ' ').replace(/\r$/, '');
    const label = `line ${line}: `;
    const inLine = Array.from(sql.slice(start, error.span.end).split('\n')[0]!).length;
    lines.push(label + source, ' '.repeat(label.length + column - 1) + '^'.repeat(Math.max(1, inLine)));
  }
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  return lines.join('\n');
}
