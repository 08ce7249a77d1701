import { assertNever } from '../common/index.ts';
import type { Between, Binary, Expression, InList, InQuery, Like, Logical, Unary } from './expression.ts';
import { printLeaf, words } from './leaf-printer.ts';
import { binaryLevel, level, levelOf } from './precedence.ts';
import { ValuePrinter } from './value-printer.ts';

/** Prints expressions on one line, with parentheses only where precedence needs them. */
export abstract class ExpressionPrinter extends ValuePrinter {
  expression(expression: Expression): string {
    switch (expression.kind) {
      case 'null':
      case 'boolean':
      case 'number':
      case 'string':
      case 'temporal':
      case 'interval':
      case 'column':
      case 'parameter':
        return printLeaf(expression);
      case 'unary':
        return this.#unary(expression);
      case 'binary':
        return this.#binary(expression);
      case 'logical':
        return this.#logical(expression);
      case 'between':
      case 'in-list':
      case 'in-query':
      case 'like':
        return this.#predicate(expression);
      case 'is': {
        const test = words('IS', expression.negated && 'NOT', expression.test.toUpperCase());
        return `${this.#operand(expression.operand, level.test)} ${test}`;
      }
      case 'is-distinct': {
        const test = words('IS', expression.negated && 'NOT', 'DISTINCT FROM');
        const left = this.#operand(expression.left, level.test);
        return `${left} ${test} ${this.#operand(expression.right, level.comparison)}`;
      }
      case 'case':
        return this.case(expression);
      case 'cast':
        return this.cast(expression);
      case 'extract':
        return this.extract(expression);
      case 'call':
        return this.call(expression);
      case 'exists':
        return `EXISTS (${this.query(expression.query)})`;
      case 'scalar-query':
        return `(${this.query(expression.query)})`;
      default:
        return assertNever(expression);
    }
  }

  /** An operand in whose place only expressions of a level or tighter may stand without parentheses. */
  #operand(operand: Expression, loosest: number): string {
    const text = this.expression(operand);
    return levelOf(operand) < loosest ? `(${text})` : text;
  }

  protected arithmetic(expression: Expression): string {
    return this.#operand(expression, level.predicate + 1);
  }

  #unary({ operator, operand }: Unary): string {
    if (operator === 'not') return `NOT ${this.#operand(operand, level.not)}`;
    const text = this.#operand(operand, level.sign);
    // Two minus signs without a space would begin a comment.
    return text.startsWith(operator) ? `${operator} ${text}` : operator + text;
  }

  /** Comparisons do not chain; other operators do, from the left. */
  #binary({ operator, left, right }: Binary): string {
    const own = binaryLevel(operator);
    const leftLoosest = own === level.comparison ? own + 1 : own;
    return `${this.#operand(left, leftLoosest)} ${operator} ${this.#operand(right, own + 1)}`;
  }

  #logical({ operator, operands }: Logical): string {
    const loosest = level[operator] + 1;
    return operands.map((operand) => this.#operand(operand, loosest)).join(` ${operator.toUpperCase()} `);
  }

  #predicate(predicate: Between | InList | InQuery | Like): string {
    return words(
      this.arithmetic(predicate.operand),
      predicate.negated && 'NOT',
      this.#predicateEnding(predicate),
    );
  }

  #predicateEnding(predicate: Between | InList | InQuery | Like): string {
    switch (predicate.kind) {
      case 'between':
        return `BETWEEN ${this.arithmetic(predicate.low)} AND ${this.arithmetic(predicate.high)}`;
      case 'in-list':
        return `IN (${this.list(predicate.items)})`;
      case 'in-query':
        return `IN (${this.query(predicate.query)})`;
      case 'like':
        return words(
          predicate.caseInsensitive ? 'ILIKE' : 'LIKE',
          this.arithmetic(predicate.pattern),
          predicate.escape && `ESCAPE ${this.arithmetic(predicate.escape)}`,
        );
      default:
        return assertNever(predicate);
    }
  }
}
