import { microsPerDay, type Span } from '../../common/index.ts';
import { type Constant, dateType, type SqlType, timestampTzType } from '../../plan/index.ts';
import type { BindContext } from './context.ts';

/** `CURRENT_DATE`, `now()` and their like: the moment at which the statement was bound. */
export function currentTime(name: string, context: BindContext, span: Span): Constant | null {
  const micros = Math.round(context.clock.nowMs() * 1000);
  const constant = (value: number, type: SqlType): Constant => ({
    kind: 'constant',
    value,
    type,
    literal: false,
    span,
  });
  if (['current_date', 'today'].includes(name)) return constant(Math.floor(micros / microsPerDay), dateType);
  return ['now', 'current_timestamp', 'transaction_timestamp', 'get_current_timestamp'].includes(name)
    ? constant(micros, timestampTzType)
    : null;
}
