import type { OrderItem, Query } from './ast.ts';
import type { Call, Case, Cast, Expression, Extract, Frame, FrameEnd, Window } from './expression.ts';
import { printFunctionName, printName, printType, words } from './leaf-printer.ts';

/** Prints what brings its own delimiters. */
export abstract class ValuePrinter {
  abstract expression(expression: Expression): string;
  abstract query(query: Query): string;

  /** An expression that may stand where the grammar takes arithmetic only. */
  protected abstract arithmetic(expression: Expression): string;

  protected list(expressions: readonly Expression[]): string {
    return expressions.map((expression) => this.expression(expression)).join(', ');
  }

  protected case({ operand, branches, otherwise }: Case): string {
    return words(
      'CASE',
      operand && this.expression(operand),
      ...branches.map(({ when, then }) => `WHEN ${this.expression(when)} THEN ${this.expression(then)}`),
      otherwise && `ELSE ${this.expression(otherwise)}`,
      'END',
    );
  }

  protected cast(cast: Cast): string {
    return `${cast.try ? 'TRY_CAST' : 'CAST'}(${this.expression(cast.operand)} AS ${printType(cast.type)})`;
  }

  protected extract({ field, operand }: Extract): string {
    return `EXTRACT(${printName(field)} FROM ${this.expression(operand)})`;
  }

  protected call(call: Call): string {
    const inParentheses = words(
      call.distinct && 'DISTINCT',
      call.star ? '*' : this.list(call.arguments),
      this.orderBy(call.orderBy),
    );
    return words(
      `${printFunctionName(call.name)}(${inParentheses})`,
      call.filter && `FILTER (WHERE ${this.expression(call.filter)})`,
      call.over && `OVER (${this.#window(call.over)})`,
    );
  }

  #window({ partitionBy, orderBy, frame }: Window): string {
    return words(
      partitionBy.length > 0 && `PARTITION BY ${this.list(partitionBy)}`,
      this.orderBy(orderBy),
      frame && this.#frame(frame),
    );
  }

  #frame({ unit, start, end }: Frame): string {
    const ends =
      end === null ? this.#frameEnd(start) : `BETWEEN ${this.#frameEnd(start)} AND ${this.#frameEnd(end)}`;
    return `${unit.toUpperCase()} ${ends}`;
  }

  #frameEnd(end: FrameEnd): string {
    if (end.kind !== 'preceding' && end.kind !== 'following') return end.kind.replace('-', ' ').toUpperCase();
    const offset = this.arithmetic(end.offset);
    // A column of this name would be taken for the keyword.
    const safeOffset = offset.toUpperCase() === 'UNBOUNDED' ? `(${offset})` : offset;
    return `${safeOffset} ${end.kind.toUpperCase()}`;
  }

  /** The clause, or nothing where there is no item. */
  protected orderBy(items: readonly OrderItem[]): string | null {
    if (items.length === 0) return null;
    return `ORDER BY ${items.map((item) => this.#orderItem(item)).join(', ')}`;
  }

  #orderItem({ expression, descending, nulls }: OrderItem): string {
    return words(this.expression(expression), descending && 'DESC', nulls && `NULLS ${nulls.toUpperCase()}`);
  }
}
