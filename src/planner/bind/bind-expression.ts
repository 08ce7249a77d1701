import { assertNever, didYouMean, QueryError, type Span } from '../../common/index.ts';
import type { Case, Cast, ColumnReference, Expression, Extract, Query } from '../../parser/index.ts';
import {
  type BoundExpression,
  type BoundQuery,
  booleanType,
  type Constant,
  nullType,
  partNames,
  typeFromName,
  typeNames,
  varcharType,
  canonicalUnit,
} from '../../plan/index.ts';
import { bindCall } from './bind-call.ts';
import { callScalar, commonTypeOf, fold, requireBoolean } from './build.ts';
import type { BindContext } from './context.ts';
import { currentTime } from './current-time.ts';
import { adaptText, bindLeaf, mismatch } from './literals.ts';
import type { Scope } from './scope.ts';

/** Tests with a NOT of their own. */
type Predicate = SyntaxOf<'between' | 'in-list' | 'in-query' | 'like' | 'is' | 'is-distinct'>;
type SyntaxOf<Kind extends Expression['kind']> = Expression & { readonly kind: Kind };

/** Where an expression stands, and so what it may hold. */
export interface Place {
  /** For error messages: "WHERE", "GROUP BY" … */
  readonly clause: string;
  readonly aggregates: boolean;
  readonly windows: boolean;
}

/** Binds expressions of one clause of a query. */
export class ExpressionBinder {
  /** Aliases that are being looked into: an alias cannot refer to itself. */
  private readonly entered = new Set<string>();

  constructor(
    readonly context: BindContext,
    readonly scope: Scope,
    readonly place: Place,
    /** Expressions of the select list by lower-case alias, for names that are no column. */
    private readonly aliases: ReadonlyMap<string, Expression>,
    private readonly bindSubquery: (query: Query, scope: Scope) => BoundQuery,
  ) {}

  /** The same clause, with other rules for what may stand in it (inside an aggregate, say). */
  within(place: Place): ExpressionBinder {
    return new ExpressionBinder(this.context, this.scope, place, this.aliases, this.bindSubquery);
  }

  /** @throws QueryError UNKNOWN_COLUMN, UNKNOWN_FUNCTION, TYPE_MISMATCH, INVALID_AGGREGATE … with the place in the statement */
  bind(expression: Expression): BoundExpression {
    const { span } = expression;
    switch (expression.kind) {
      case 'null':
      case 'boolean':
      case 'string':
      case 'number':
      case 'temporal':
      case 'interval':
      case 'parameter':
        return bindLeaf(expression, this.context);
      case 'between':
      case 'in-list':
      case 'in-query':
      case 'like':
      case 'is':
      case 'is-distinct': {
        const bound = this.bindPredicate(expression);
        return expression.negated ? callScalar('not', [bound], span) : bound;
      }
      case 'column':
        return this.bindColumn(expression);
      case 'unary':
        if (expression.operator === '+') return this.bindPlus(expression.operand, span);
        return this.operator(expression.operator === '-' ? 'negate' : 'not', [expression.operand], span);
      case 'binary':
        return this.operator(
          expression.operator === '^' ? 'pow' : expression.operator,
          [expression.left, expression.right],
          span,
        );
      case 'logical':
        return this.operator(expression.operator, expression.operands, span);
      case 'case':
        return this.bindCase(expression);
      case 'cast':
        return this.bindCast(expression);
      case 'extract':
        return this.bindExtract(expression);
      case 'call':
        return bindCall(expression, this);
      case 'exists':
        return {
          kind: 'subquery',
          form: 'exists',
          operand: null,
          query: this.bindSubquery(expression.query, this.scope),
          type: booleanType,
          span,
        };
      case 'scalar-query': {
        const query = this.singleColumn(expression.query, 'a query used as a value', span);
        return { kind: 'subquery', form: 'scalar', operand: null, query, type: query.columns[0]!.type, span }; // it has one
      }
      default:
        return assertNever(expression);
    }
  }

  private operator(name: string, operands: readonly Expression[], span: Span): BoundExpression {
    const bound = operands.map((operand) => this.bind(operand));
    return callScalar(name, bound, span);
  }

  /** BETWEEN, IN, LIKE and IS, without their NOT. */
  private bindPredicate(expression: Predicate): BoundExpression {
    const { span } = expression;
    switch (expression.kind) {
      case 'between': {
        const [operand, low, high] = [expression.operand, expression.low, expression.high].map((part) =>
          this.bind(part),
        );
        const [above, below] = [
          callScalar('>=', [operand!, low!], span),
          callScalar('<=', [operand!, high!], span),
        ]; // three parts
        return callScalar('and', [above, below], span);
      }
      case 'in-list':
        return this.operator('in', [expression.operand, ...expression.items], span);
      case 'in-query': {
        const query = this.singleColumn(expression.query, 'the query of an IN', span);
        return {
          kind: 'subquery',
          form: 'in',
          operand: this.bind(expression.operand),
          query,
          type: booleanType,
          span,
        };
      }
      case 'like': {
        const { operand, pattern, escape, caseInsensitive } = expression;
        const parts = escape === null ? [operand, pattern] : [operand, pattern, escape];
        return this.operator(caseInsensitive ? 'ilike' : 'like', parts, span);
      }
      case 'is':
        return this.operator(`is_${expression.test}`, [expression.operand], span);
      case 'is-distinct':
        return this.operator('is_distinct', [expression.left, expression.right], span);
      default:
        return assertNever(expression);
    }
  }

  private singleColumn(query: Query, what: string, span: Span): BoundQuery {
    const bound = this.bindSubquery(query, this.scope);
    if (bound.columns.length !== 1)
      throw mismatch(`${what} has one column, this one has ${bound.columns.length}`, span);
    return bound;
  }

  /** An expression that must be a truth value. */
  bindCondition(expression: Expression): BoundExpression {
    return requireBoolean(this.bind(expression), this.place.clause);
  }

  private bindPlus(operand: Expression, span: Span): BoundExpression {
    const bound = this.bind(operand);
    // A sign changes nothing, but a text cannot have one.
    callScalar('negate', [bound], span);
    return bound;
  }

  private bindColumn({ qualifier, name, span }: ColumnReference): BoundExpression {
    const column = this.scope.findColumn(qualifier, name);
    if (column !== undefined) return { ...column.expression, span };
    const wanted = name.name.toLowerCase();
    const alias = qualifier === null && !this.entered.has(wanted) ? this.aliases.get(wanted) : undefined;
    if (alias !== undefined) {
      this.entered.add(wanted);
      const bound = this.bind(alias);
      this.entered.delete(wanted);
      return bound;
    }
    const constant = qualifier === null ? currentTime(wanted, this.context, span) : null;
    if (constant !== null) return constant;
    throw this.scope.unknownColumn(qualifier, name, span);
  }

  private bindCase({ operand, branches, otherwise, span }: Case): BoundExpression {
    const conditions = branches.map(({ when }) =>
      operand === null
        ? requireBoolean(this.bind(when), 'CASE WHEN')
        : callScalar('=', [this.bind(operand), this.bind(when)], when.span),
    );
    const nothing: Constant = { kind: 'constant', value: null, type: nullType, literal: true, span };
    const results = [
      ...branches.map(({ then }) => this.bind(then)),
      otherwise === null ? nothing : this.bind(otherwise),
    ];
    const type = commonTypeOf(results, span, 'the branches of a CASE');
    const [last, ...rest] = results.map((result) => adaptText(result, type)).toReversed();
    const thens = rest.toReversed();
    return {
      kind: 'case',
      branches: conditions.map((when, place) => ({ when, then: thens[place]! })),
      otherwise: last!,
      type,
      span,
    }; // one result more than conditions
  }

  private bindCast({ operand, type: written, try: attempt, span }: Cast): BoundExpression {
    const type = typeFromName(written.name, written.arguments);
    if (type === null) {
      const known = typeFromName(written.name, []) !== null;
      const message = known
        ? `${written.name} does not take (${written.arguments.join(', ')})`
        : `there is no type ${written.name}`;
      throw mismatch(message, written.span, known ? undefined : didYouMean(written.name, typeNames));
    }
    return fold({ kind: 'cast', operand: this.bind(operand), try: attempt, type, span });
  }

  private bindExtract({ field, operand, span }: Extract): BoundExpression {
    const unit = canonicalUnit(field.name);
    if (!partNames.includes(unit)) {
      throw new QueryError('INVALID_ARGUMENT', `EXTRACT knows no field ${field.name}`, {
        span: field.span,
        hint: didYouMean(field.name, partNames),
      });
    }
    const part: Constant = {
      kind: 'constant',
      value: unit,
      type: varcharType,
      literal: true,
      span: field.span,
    };
    return callScalar('date_part', [part, this.bind(operand)], span);
  }
}
