import { QueryError } from '../../common/index.ts';
import type { Expression } from '../../parser/index.ts';
import type { OutputColumn } from '../../plan/index.ts';

/** Columns of a derived table as the printed statement calls them: by place, so that no two have one name. */
export function internalColumns(columns: readonly OutputColumn[]): OutputColumn[] {
  return columns.map(({ type }, place) => ({ name: `c${place}`, type }));
}

/** The place (from 0) that a bare number names; null where the expression is no bare number. @throws QueryError INVALID_ARGUMENT */
export function outputPlace(expression: Expression, columns: number): number | null {
  if (expression.kind !== 'number' || !/^\d+$/.test(expression.text)) return null;
  const place = Number(expression.text) - 1;
  if (place >= 0 && place < columns) return place;
  throw new QueryError(
    'INVALID_ARGUMENT',
    `there is no column ${expression.text} in the select list: it has ${columns}`,
    { span: expression.span },
  );
}
