import type { Scalar, SqlType } from '../plan/index.ts';
import { bigintType, booleanType, doubleType, timestampType, varcharType } from '../plan/index.ts';
import type { AnswerColumn } from './query-result.ts';
import type { RoutedAnswer } from './select-run.ts';

/** Types of the columns that commands answer with. */
export const commandTypes = {
  text: varcharType,
  count: bigintType,
  number: doubleType,
  time: timestampType,
  flag: booleanType,
} as const;

/** The answer of a command: named columns, rows of plain values. */
export function rowsAnswer(
  columns: readonly (readonly [name: string, type: SqlType])[],
  rows: readonly (readonly Scalar[])[],
  reason: string,
): RoutedAnswer {
  const made = columns.map(([name, type], place): AnswerColumn => ({
    name,
    type,
    role: 'exact',
    values: rows.map((row) => row[place] ?? null),
  }));
  return { columns: made, report: { mode: 'exact', reason, notes: [], errorMet: true } };
}
