import { type CstNode, CstParser, type ParserMethod, type TokenType } from 'chevrotain';
import { keyword } from './keywords.ts';
import { category, symbol } from './tokens.ts';

/** A grammar rule: takes nothing, gives a CST node of the rule's name. */
export type Rule = ParserMethod<[], CstNode>;

/** Calls of functions, with all that may stand in and behind their parentheses. */
export abstract class CallGrammar extends CstParser {
  protected abstract readonly expression: Rule;
  protected abstract readonly arithmetic: Rule;

  readonly call: Rule = this.RULE('call', () => {
    this.oneOf(1, category.name, category.functionWord);
    this.CONSUME(symbol.open);
    this.OPTION(() => {
      this.OR([{ ALT: () => this.CONSUME(symbol.star) }, { ALT: () => this.SUBRULE(this.callArguments) }]);
    });
    this.CONSUME(symbol.close);
    // Behind a call WITHIN may also begin a deadline.
    this.OPTION4({ GATE: () => this.isBefore(keyword.GROUP), DEF: () => this.SUBRULE(this.withinGroup) });
    this.OPTION2({ GATE: () => this.isBefore(symbol.open), DEF: () => this.SUBRULE(this.filter) });
    this.OPTION3({ GATE: () => this.isBefore(symbol.open), DEF: () => this.SUBRULE(this.window) });
  });

  readonly callArguments: Rule = this.RULE('callArguments', () => {
    this.OPTION(() => this.oneOf(1, keyword.DISTINCT, keyword.ALL));
    this.AT_LEAST_ONE_SEP({ SEP: symbol.comma, DEF: () => this.SUBRULE(this.expression) });
    this.OPTION2(() => this.SUBRULE(this.orderBy));
  });

  readonly withinGroup: Rule = this.RULE('withinGroup', () => {
    this.CONSUME(keyword.WITHIN);
    this.CONSUME(keyword.GROUP);
    this.CONSUME(symbol.open);
    this.SUBRULE(this.orderBy);
    this.CONSUME(symbol.close);
  });

  readonly filter: Rule = this.RULE('filter', () => {
    this.CONSUME(keyword.FILTER);
    this.CONSUME(symbol.open);
    this.CONSUME(keyword.WHERE);
    this.SUBRULE(this.expression);
    this.CONSUME(symbol.close);
  });

  readonly window: Rule = this.RULE('window', () => {
    this.CONSUME(keyword.OVER);
    this.CONSUME(symbol.open);
    this.OPTION(() => {
      this.CONSUME(keyword.PARTITION);
      this.CONSUME(keyword.BY);
      this.AT_LEAST_ONE_SEP({ SEP: symbol.comma, DEF: () => this.SUBRULE(this.expression) });
    });
    this.OPTION2(() => this.SUBRULE(this.orderBy));
    this.OPTION3(() => this.SUBRULE(this.frame));
    this.CONSUME(symbol.close);
  });

  readonly frame: Rule = this.RULE('frame', () => {
    this.CONSUME(category.frameUnit);
    this.OR([
      { ALT: () => this.SUBRULE(this.frameEnd) },
      {
        ALT: () => {
          this.CONSUME(keyword.BETWEEN);
          this.SUBRULE2(this.frameEnd);
          this.CONSUME(keyword.AND);
          this.SUBRULE3(this.frameEnd);
        },
      },
    ]);
  });

  readonly frameEnd: Rule = this.RULE('frameEnd', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(keyword.CURRENT);
          this.CONSUME(keyword.ROW);
        },
      },
      {
        // A column of this name is an offset only in parentheses.
        IGNORE_AMBIGUITIES: true,
        ALT: () => {
          this.CONSUME(keyword.UNBOUNDED);
          this.oneOf(2, keyword.PRECEDING, keyword.FOLLOWING);
        },
      },
      {
        ALT: () => {
          this.SUBRULE(this.arithmetic);
          this.oneOf(3, keyword.PRECEDING, keyword.FOLLOWING);
        },
      },
    ]);
  });

  readonly orderBy: Rule = this.RULE('orderBy', () => {
    this.CONSUME(keyword.ORDER);
    this.CONSUME(keyword.BY);
    this.AT_LEAST_ONE_SEP({ SEP: symbol.comma, DEF: () => this.SUBRULE(this.orderItem) });
  });

  readonly orderItem: Rule = this.RULE('orderItem', () => {
    this.SUBRULE(this.expression);
    this.OPTION(() => this.oneOf(1, keyword.ASC, keyword.DESC));
    this.OPTION2(() => {
      this.CONSUME(keyword.NULLS);
      this.oneOf(2, keyword.FIRST, keyword.LAST);
    });
  });

  /** True where a token of one of these types stands behind the next one: what a rule looks at before it takes a name. */
  protected isBefore(...types: readonly TokenType[]): boolean {
    return types.includes(this.LA(2).tokenType);
  }

  /**
   * One token of several.
   * @param index tells the choices of one rule apart, as Chevrotain's numbered methods do
   */
  protected oneOf(index: number, ...types: readonly TokenType[]): void {
    this.or(
      index,
      types.map((type) => ({ ALT: () => this.consume(index, type) })),
    );
  }
}
