import { assertNever } from '../common/index.ts';
import type {
  CommonTable,
  Join,
  Query,
  QueryBody,
  Select,
  SelectItem,
  SetOperation,
  TableAlias,
  TableReference,
  WithClause,
} from './ast.ts';
import { ExpressionPrinter } from './expression-printer.ts';
import { printName, printNames, words } from './leaf-printer.ts';
import { setLevel } from './precedence.ts';

/** Prints queries on one line. */
export class QueryPrinter extends ExpressionPrinter {
  query(query: Query): string {
    return words(
      query.with && this.#with(query.with),
      this.#body(query.body),
      this.orderBy(query.orderBy),
      query.limit && `LIMIT ${this.expression(query.limit)}`,
      query.offset && `OFFSET ${this.expression(query.offset)}`,
    );
  }

  #with({ recursive, tables }: WithClause): string {
    return words(
      'WITH',
      recursive && 'RECURSIVE',
      tables.map((table) => this.#commonTable(table)).join(', '),
    );
  }

  #commonTable({ name, columns, query }: CommonTable): string {
    return words(printName(name), columns.length > 0 && printNames(columns), `AS (${this.query(query)})`);
  }

  #body(body: QueryBody): string {
    switch (body.kind) {
      case 'select':
        return this.#select(body);
      case 'set-operation':
        return this.#setOperation(body);
      case 'query':
        return `(${this.query(body)})`;
      default:
        return assertNever(body);
    }
  }

  #setOperation(operation: SetOperation): string {
    const own = setLevel(operation.operator);
    return words(
      this.#setOperand(operation.left, own),
      operation.operator.toUpperCase(),
      operation.all && 'ALL',
      this.#setOperand(operation.right, own + 1),
    );
  }

  #setOperand(body: QueryBody, loosest: number): string {
    const text = this.#body(body);
    return body.kind === 'set-operation' && setLevel(body.operator) < loosest ? `(${text})` : text;
  }

  #select(select: Select): string {
    return words(
      'SELECT',
      select.distinct && 'DISTINCT',
      select.items.map((item) => this.#selectItem(item)).join(', '),
      select.from && `FROM ${this.#table(select.from)}`,
      select.where && `WHERE ${this.expression(select.where)}`,
      this.#groupBy(select.groupBy),
      select.having && `HAVING ${this.expression(select.having)}`,
      select.qualify && `QUALIFY ${this.expression(select.qualify)}`,
    );
  }

  #selectItem(item: SelectItem): string {
    if (item.kind === 'star') return item.qualifier === null ? '*' : `${printName(item.qualifier)}.*`;
    return words(this.expression(item.expression), item.alias && `AS ${printName(item.alias)}`);
  }

  #groupBy(keys: Select['groupBy']): string | null {
    if (keys === 'all') return 'GROUP BY ALL';
    return keys.length === 0 ? null : `GROUP BY ${this.list(keys)}`;
  }

  #table(table: TableReference): string {
    switch (table.kind) {
      case 'table':
        return words(printName(table.name), table.alias && printTableAlias(table.alias));
      case 'derived':
        return words(`(${this.query(table.query)})`, table.alias && printTableAlias(table.alias));
      case 'join':
        return this.#join(table);
      default:
        return assertNever(table);
    }
  }

  /** Joins chain from the left. */
  #join({ type, left, right, condition }: Join): string {
    const rightText = this.#table(right);
    return words(
      this.#table(left),
      type === 'inner' ? 'JOIN' : `${type.toUpperCase()} JOIN`,
      right.kind === 'join' ? `(${rightText})` : rightText,
      condition && this.#joinCondition(condition),
    );
  }

  #joinCondition(condition: NonNullable<Join['condition']>): string {
    return condition.kind === 'on'
      ? `ON ${this.expression(condition.expression)}`
      : `USING ${printNames(condition.columns)}`;
  }
}

function printTableAlias({ name, columns }: TableAlias): string {
  return words('AS', printName(name), columns.length > 0 && printNames(columns));
}
