import { EOF } from 'chevrotain';
import { CallGrammar, type Rule } from './call-grammar.ts';
import { keyword } from './keywords.ts';
import { category, lexeme, symbol } from './tokens.ts';

/** Tokens that may follow a query in parentheses where it is part of a larger query. */
const queryContinuations = new Set([
  symbol.close,
  keyword.UNION,
  keyword.INTERSECT,
  keyword.EXCEPT,
  keyword.ORDER,
  keyword.LIMIT,
  keyword.OFFSET,
]);

/** What operators work on: literals, columns, calls and whatever brings its own delimiters. */
export abstract class ValueGrammar extends CallGrammar {
  protected abstract readonly query: Rule;

  /** Signs bind tighter than every operator but `::`: `-2 ^ 2` is 4, `-x::INTEGER` negates the cast. */
  readonly operand: Rule = this.RULE('operand', () => {
    this.MANY(() => this.CONSUME(category.sign));
    this.OR([
      { ALT: () => this.SUBRULE(this.literal) },
      { ALT: () => this.SUBRULE(this.parenthesized) },
      { ALT: () => this.SUBRULE(this.caseExpression) },
      { ALT: () => this.SUBRULE(this.cast) },
      { ALT: () => this.SUBRULE(this.exists) },
      { ALT: () => this.SUBRULE(this.interval) },
      { ALT: () => this.SUBRULE(this.temporal) },
      {
        GATE: () => this.isBefore(symbol.open) && this.LA(4).tokenType === keyword.FROM,
        ALT: () => this.SUBRULE(this.extract),
        IGNORE_AMBIGUITIES: true,
      },
      { ALT: () => this.SUBRULE(this.call) },
      { ALT: () => this.SUBRULE(this.column) },
    ]);
    this.MANY2(() => {
      this.CONSUME(symbol.cast);
      this.SUBRULE(this.typeName);
    });
  });

  readonly literal: Rule = this.RULE('literal', () => {
    this.oneOf(
      1,
      lexeme.number,
      lexeme.string,
      keyword.NULL,
      keyword.TRUE,
      keyword.FALSE,
      symbol.positionalParameter,
      lexeme.namedParameter,
    );
  });

  readonly parenthesized: Rule = this.RULE('parenthesized', () => {
    this.CONSUME(symbol.open);
    this.queryOr(() => this.SUBRULE(this.expression));
    this.CONSUME(symbol.close);
  });

  readonly caseExpression: Rule = this.RULE('caseExpression', () => {
    this.CONSUME(keyword.CASE);
    this.OPTION(() => this.SUBRULE(this.expression));
    this.AT_LEAST_ONE(() => this.SUBRULE(this.caseBranch));
    this.OPTION2(() => this.SUBRULE(this.caseElse));
    this.CONSUME(keyword.END);
  });

  readonly caseBranch: Rule = this.RULE('caseBranch', () => {
    this.CONSUME(keyword.WHEN);
    this.SUBRULE(this.expression);
    this.CONSUME(keyword.THEN);
    this.SUBRULE2(this.expression);
  });

  readonly caseElse: Rule = this.RULE('caseElse', () => {
    this.CONSUME(keyword.ELSE);
    this.SUBRULE(this.expression);
  });

  readonly cast: Rule = this.RULE('cast', () => {
    this.oneOf(1, keyword.CAST, keyword.TRY_CAST);
    this.CONSUME(symbol.open);
    this.SUBRULE(this.expression);
    this.CONSUME(keyword.AS);
    this.SUBRULE(this.typeName);
    this.CONSUME(symbol.close);
  });

  /** One word, `DOUBLE PRECISION`, `CHARACTER VARYING(10)`, `TIMESTAMP(3) WITH TIME ZONE`, … */
  readonly typeName: Rule = this.RULE('typeName', () => {
    this.CONSUME(lexeme.bareName);
    this.OPTION({
      GATE: () => this.LA(0).tokenType === keyword.DOUBLE,
      DEF: () => this.CONSUME(keyword.PRECISION),
    });
    this.OPTION2({
      GATE: () => /^(character|char)$/i.test(this.LA(0).image),
      DEF: () => this.CONSUME(keyword.VARYING),
    });
    this.OPTION3(() => {
      this.CONSUME(symbol.open);
      this.AT_LEAST_ONE_SEP({ SEP: symbol.comma, DEF: () => this.CONSUME(lexeme.number) });
      this.CONSUME(symbol.close);
    });
    this.OPTION4({
      GATE: () => this.isBefore(keyword.TIME),
      DEF: () => {
        this.oneOf(1, keyword.WITH, keyword.WITHOUT);
        this.CONSUME(keyword.TIME);
        this.CONSUME(keyword.ZONE);
      },
    });
  });

  readonly exists: Rule = this.RULE('exists', () => {
    this.CONSUME(keyword.EXISTS);
    this.CONSUME(symbol.open);
    this.SUBRULE(this.query);
    this.CONSUME(symbol.close);
  });

  readonly interval: Rule = this.RULE('interval', () => {
    this.CONSUME(keyword.INTERVAL);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(lexeme.string);
          this.OPTION(() => this.CONSUME(category.intervalUnit));
        },
      },
      {
        ALT: () => {
          this.CONSUME(lexeme.number);
          this.CONSUME2(category.intervalUnit);
        },
      },
    ]);
  });

  readonly temporal: Rule = this.RULE('temporal', () => {
    this.CONSUME(category.temporal);
    this.CONSUME(lexeme.string);
  });

  readonly extract: Rule = this.RULE('extract', () => {
    this.CONSUME(keyword.EXTRACT);
    this.CONSUME(symbol.open);
    this.CONSUME(category.name);
    this.CONSUME(keyword.FROM);
    this.SUBRULE(this.expression);
    this.CONSUME(symbol.close);
  });

  readonly column: Rule = this.RULE('column', () => {
    this.CONSUME(category.name);
    this.OPTION(() => {
      this.CONSUME(symbol.dot);
      this.CONSUME2(category.name);
    });
  });

  /** What stands in parentheses: a query, or something else. Both may begin with another parenthesis. */
  protected queryOr(otherwise: () => void): void {
    this.OR({
      // Looking further would only blame the parenthesis for what fails behind it.
      MAX_LOOKAHEAD: 1,
      DEF: [
        { GATE: () => this.startsQuery(), ALT: () => this.SUBRULE(this.query), IGNORE_AMBIGUITIES: true },
        { ALT: otherwise },
      ],
    });
  }

  /**
   * True where a query stands behind an opening parenthesis, false for an expression or a join. Only what follows an inner
   * parenthesis tells `((SELECT 1) UNION SELECT 2)` from `((SELECT 1) + 2)`.
   */
  private startsQuery(): boolean {
    let index = 1;
    while (this.LA(index).tokenType === symbol.open) index += 1;
    const first = this.LA(index).tokenType;
    if (first !== keyword.SELECT && first !== keyword.WITH) return false;
    let depth = index - 1;
    let outermost = depth;
    for (; outermost > 0 && this.LA(index).tokenType !== EOF; index += 1) {
      const type = this.LA(index).tokenType;
      if (type === symbol.open) depth += 1;
      if (type === symbol.close) depth -= 1;
      if (depth >= outermost) continue;
      if (!queryContinuations.has(this.LA(index + 1).tokenType)) return false;
      outermost = depth;
    }
    return true;
  }
}
