import type { Rule } from './call-grammar.ts';
import { keyword } from './keywords.ts';
import { category, symbol } from './tokens.ts';
import { ValueGrammar } from './value-grammar.ts';

/**
 * Operators, in few rules since each one deepens the descent: `expression` has AND and OR, `condition` NOT, IS and
 * comparisons, `predicate` BETWEEN, IN and LIKE, `arithmetic` the rest. Where a rule has operators of several levels, the
 * builder ranks them. Chains are loops, so only parentheses and CASE recurse.
 */
export abstract class ExpressionGrammar extends ValueGrammar {
  readonly expression: Rule = this.RULE('expression', () => {
    this.SUBRULE(this.condition);
    this.MANY(() => {
      this.CONSUME(category.connective);
      this.SUBRULE2(this.condition);
    });
  });

  readonly condition: Rule = this.RULE('condition', () => {
    this.MANY(() => this.CONSUME(keyword.NOT));
    this.#comparison();
    this.MANY2(() => this.SUBRULE(this.test));
  });

  /** Comparisons do not chain: `a < b < c` is an error, as in PostgreSQL and DuckDB. */
  #comparison(): void {
    this.SUBRULE(this.predicate);
    this.OPTION(() => {
      this.CONSUME(category.comparison);
      this.SUBRULE2(this.predicate);
    });
  }

  /** `IS [NOT] …`, ISNULL, NOTNULL */
  readonly test: Rule = this.RULE('test', () => {
    this.OR([
      { ALT: () => this.CONSUME(keyword.ISNULL) },
      { ALT: () => this.CONSUME(keyword.NOTNULL) },
      {
        ALT: () => {
          this.CONSUME(keyword.IS);
          this.OPTION2(() => this.CONSUME(keyword.NOT));
          this.OR2([
            { ALT: () => this.CONSUME(keyword.NULL) },
            { ALT: () => this.CONSUME(keyword.TRUE) },
            { ALT: () => this.CONSUME(keyword.FALSE) },
            {
              ALT: () => {
                this.CONSUME(keyword.DISTINCT);
                this.CONSUME(keyword.FROM);
                this.#comparison();
              },
            },
          ]);
        },
      },
    ]);
  });

  readonly predicate: Rule = this.RULE('predicate', () => {
    this.#arithmetic();
    this.OPTION(() => {
      this.OPTION2(() => this.CONSUME(keyword.NOT));
      this.OR([
        { ALT: () => this.SUBRULE(this.between) },
        { ALT: () => this.SUBRULE(this.membership) },
        { ALT: () => this.SUBRULE(this.like) },
      ]);
    });
  });

  readonly between: Rule = this.RULE('between', () => {
    this.CONSUME(keyword.BETWEEN);
    this.SUBRULE(this.arithmetic);
    this.CONSUME(keyword.AND);
    this.SUBRULE2(this.arithmetic);
  });

  readonly membership: Rule = this.RULE('membership', () => {
    this.CONSUME(keyword.IN);
    this.CONSUME(symbol.open);
    this.queryOr(() =>
      this.AT_LEAST_ONE_SEP({ SEP: symbol.comma, DEF: () => this.SUBRULE(this.expression) }),
    );
    this.CONSUME(symbol.close);
  });

  readonly like: Rule = this.RULE('like', () => {
    this.oneOf(1, keyword.LIKE, keyword.ILIKE);
    this.SUBRULE(this.arithmetic);
    this.OPTION(() => {
      this.CONSUME(keyword.ESCAPE);
      this.SUBRULE2(this.arithmetic);
    });
  });

  readonly arithmetic: Rule = this.RULE('arithmetic', () => this.#arithmetic());

  #arithmetic(): void {
    this.SUBRULE(this.operand);
    this.MANY(() => {
      this.CONSUME(category.arithmetic);
      this.SUBRULE2(this.operand);
    });
  }
}
