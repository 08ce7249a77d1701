import type { Clock } from '../../src/common/index.ts';
import { parseStatement } from '../../src/parser/index.ts';
import type { BoundExpression, BoundQuery, OutputColumn } from '../../src/plan/index.ts';
import { BindContext, type KnownTable, type Parameters } from '../../src/planner/bind/context.ts';
import { QueryBinder } from '../../src/planner/bind/bind-query.ts';

/** 2026-01-02 03:04:05 UTC, standing still. */
const stoppedClock: Clock = { nowMs: () => Date.UTC(2026, 0, 2, 3, 4, 5), monotonicMs: () => 0 };

/** Binds a SELECT against tables. */
export function bindSql(sql: string, tables: readonly KnownTable[], parameters: Parameters = []): BoundQuery {
  const statement = parseStatement(sql);
  if (statement.kind !== 'select-statement') throw new Error('not a SELECT');
  const context = new BindContext(tables, parameters, stoppedClock);
  const bound = new QueryBinder(context).bindQuery(statement.query, null);
  context.checkAllUsed();
  return bound;
}

/** The first output of a SELECT. */
export function bindExpression(expression: string, columns: readonly OutputColumn[] = []): BoundExpression {
  const from = columns.length === 0 ? '' : ' FROM t';
  const { body } = bindSql(`SELECT ${expression}${from}`, [{ name: 't', columns }]);
  if (body.kind !== 'select') throw new Error('not a plain SELECT');
  return body.items[0]!.expression;
}
