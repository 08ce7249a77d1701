import { QueryError } from '../../common/index.ts';
import {
  type Expression,
  type OrderItem,
  printExpression,
  type Select,
  type SelectItem,
} from '../../parser/index.ts';
import {
  type BoundExpression,
  type BoundOrder,
  type BoundSelect,
  childrenOf,
  contains,
  expressionKey,
  isOutputOrder,
} from '../../plan/index.ts';
import { ExpressionBinder, type Place } from './bind-expression.ts';
import { bindFrom, type BoundFrom } from './bind-from.ts';
import type { QueryBinder } from './bind-query.ts';
import { outputPlace } from './output-columns.ts';
import { Scope } from './scope.ts';

type BoundItem = BoundSelect['items'][number];

const places = {
  where: { clause: 'WHERE', aggregates: false, windows: false },
  groupBy: { clause: 'GROUP BY', aggregates: false, windows: false },
  having: { clause: 'HAVING', aggregates: true, windows: false },
  select: { clause: 'SELECT', aggregates: true, windows: true },
} as const satisfies Record<string, Place>;

/** What the clauses of one SELECT share. */
class SelectBinder {
  readonly aliases = new Map<string, Expression>();

  constructor(
    private readonly select: Select,
    private readonly scope: Scope,
    private readonly queries: QueryBinder,
  ) {
    for (const item of select.items) {
      if (item.kind === 'item' && item.alias !== null)
        this.aliases.set(item.alias.name.toLowerCase(), item.expression);
    }
  }

  at(place: Place): ExpressionBinder {
    return new ExpressionBinder(this.queries.context, this.scope, place, this.aliases, (query, scope) =>
      this.queries.bindQuery(query, scope),
    );
  }

  condition(expression: Expression | null, place: Place): BoundExpression | null {
    return expression === null ? null : this.at(place).bindCondition(expression);
  }

  items(): BoundItem[] {
    const binder = this.at(places.select);
    return this.select.items.flatMap((item) => this.item(item, binder));
  }

  private item(item: SelectItem, binder: ExpressionBinder): BoundItem[] {
    if (item.kind === 'star') {
      const columns = this.scope.expandStar(item.qualifier);
      if (columns.length === 0) throw new QueryError('UNKNOWN_COLUMN', '* needs a FROM', { span: item.span });
      return columns.map(({ name, expression }) => ({
        name,
        expression: { ...expression, span: item.span },
      }));
    }
    return [
      { name: item.alias?.name ?? defaultName(item.expression), expression: binder.bind(item.expression) },
    ];
  }

  /** Keys by expression, position or alias; `ALL` stands for the items without aggregates. */
  groupBy(items: readonly BoundItem[]): BoundExpression[] {
    const { groupBy } = this.select;
    if (groupBy === 'all')
      return items.map(({ expression }) => expression).filter((expression) => !isAggregated(expression));
    const binder = this.at(places.groupBy);
    return groupBy.map((key) => {
      const place = outputPlace(key, items.length);
      if (place === null) return binder.bind(key);
      const { expression } = items[place]!; // outputPlace checked it
      if (isAggregated(expression)) {
        throw new QueryError(
          'INVALID_AGGREGATE',
          `GROUP BY cannot hold an aggregate: column ${place + 1} of the select list is one`,
          { span: key.span },
        );
      }
      return expression;
    });
  }

  /** ORDER BY by position, by the name of an output, or by expression. */
  orderBy(orders: readonly OrderItem[], items: readonly BoundItem[], distinct: boolean): BoundOrder[] {
    const binder = this.at({ ...places.select, clause: 'ORDER BY' });
    return orders.map(({ expression, descending, nulls }) => {
      const order = { descending, nulls: nulls ?? ('last' as const) };
      const place = outputPlace(expression, items.length) ?? this.namedOutput(expression, items);
      if (place !== null) return { by: { output: place }, ...order };
      const by = binder.bind(expression);
      const same = items.findIndex((item) => expressionKey(item.expression) === expressionKey(by));
      if (same >= 0) return { by: { output: same }, ...order };
      if (distinct)
        throw new QueryError('INVALID_ARGUMENT', 'ORDER BY of a SELECT DISTINCT must be in the select list', {
          span: expression.span,
        });
      return { by, ...order };
    });
  }

  private namedOutput(expression: Expression, items: readonly BoundItem[]): number | null {
    if (expression.kind !== 'column' || expression.qualifier !== null) return null;
    const wanted = expression.name.name.toLowerCase();
    if (!this.aliases.has(wanted)) return null;
    const found = items.findIndex(({ name }) => name.toLowerCase() === wanted);
    return found < 0 ? null : found;
  }
}

/** The name of an output without an alias: the column's, or the expression as written. */
function defaultName(expression: Expression): string {
  if (expression.kind === 'column') return expression.name.name;
  if (expression.kind === 'call')
    return printExpression({
      ...expression,
      name: { ...expression.name, name: expression.name.name.toLowerCase() },
    });
  return printExpression(expression);
}

const isAggregated = (expression: BoundExpression): boolean =>
  contains(expression, ({ kind }) => kind === 'aggregate');

/** Binds a SELECT with its ORDER BY. @param outer the scope that it stands in */
export function bindSelect(
  select: Select,
  orders: readonly OrderItem[],
  outer: Scope | null,
  queries: QueryBinder,
): { select: BoundSelect; order: BoundOrder[] } {
  const from: BoundFrom | null = select.from === null ? null : bindFrom(select.from, outer, queries);
  const binder = new SelectBinder(select, new Scope(from?.columns ?? [], [], outer), queries);
  const where = binder.condition(select.where, places.where);
  const items = binder.items();
  const groupBy = binder.groupBy(items);
  const having = binder.condition(select.having, places.having);
  const qualify = binder.condition(select.qualify, { ...places.select, clause: 'QUALIFY' });
  const order = binder.orderBy(orders, items, select.distinct);
  const bound: BoundSelect = {
    kind: 'select',
    distinct: select.distinct,
    items,
    from: from?.relation ?? null,
    where,
    groupBy,
    having,
    qualify,
    columns: items.map(({ name, expression }) => ({ name, type: expression.type })),
  };
  checkGrouping(bound, order);
  return { select: bound, order };
}

/** @throws QueryError INVALID_AGGREGATE where a grouped query uses a column that is neither a key nor inside an aggregate */
function checkGrouping(select: BoundSelect, order: readonly BoundOrder[]): void {
  const sorted = order.flatMap(({ by }) => (isOutputOrder(by) ? [] : [by]));
  const outputs = [...select.items.map(({ expression }) => expression), ...sorted];
  const conditions = [select.having, select.qualify].filter((condition) => condition !== null);
  const grouped =
    select.groupBy.length > 0 || select.having !== null || [...outputs, ...conditions].some(isAggregated);
  if (!grouped) return;
  const keys = new Set(select.groupBy.map(expressionKey));
  // A correlated column comes from outside and is constant for a group.
  const own = relationsOf(select.from);
  const check = (expression: BoundExpression): void => {
    if (expression.kind === 'aggregate' || keys.has(expressionKey(expression))) return;
    if (expression.kind === 'column' && own.has(expression.relation)) {
      throw new QueryError(
        'INVALID_AGGREGATE',
        `column ${expression.name} must be in GROUP BY or inside an aggregate`,
        {
          span: expression.span,
          hint: select.groupBy.length === 0 ? `add GROUP BY ${expression.name}` : undefined,
        },
      );
    }
    childrenOf(expression).forEach(check);
  };
  for (const expression of [...outputs, ...conditions]) check(expression);
}

function relationsOf(relation: BoundSelect['from']): Set<number> {
  if (relation === null) return new Set();
  if (relation.kind !== 'join') return new Set([relation.relation]);
  return new Set([...relationsOf(relation.left), ...relationsOf(relation.right)]);
}
