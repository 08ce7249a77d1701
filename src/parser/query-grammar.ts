import { EOF } from 'chevrotain';
import type { Rule } from './call-grammar.ts';
import { ExpressionGrammar } from './expression-grammar.ts';
import { isReservedWord, keyword } from './keywords.ts';
import { category, symbol } from './tokens.ts';

const boundStarts = new Set([keyword.ERROR, keyword.WITHIN, keyword.AT]);
/** Behind these words a bound clause goes on otherwise. */
const aliasEnds = new Set([symbol.comma, symbol.open, symbol.close, symbol.semicolon, EOF]);
/** Words of joins that are not supported, and OUTER alone: as an alias they would hide that. */
const joinKinds = new Set([
  keyword.NATURAL,
  keyword.OUTER,
  keyword.SEMI,
  keyword.ANTI,
  keyword.ASOF,
  keyword.POSITIONAL,
]);
const joinStarts = new Set([keyword.JOIN, keyword.LEFT, keyword.RIGHT, keyword.FULL, keyword.INNER]);

/** Queries: SELECT and its clauses, joins, set operations, common tables. */
export abstract class QueryGrammar extends ExpressionGrammar {
  readonly query: Rule = this.RULE('query', () => {
    this.OPTION(() => this.SUBRULE(this.withClause));
    this.SUBRULE(this.queryPrimary);
    this.MANY(() => {
      this.SUBRULE(this.setOperator);
      this.SUBRULE2(this.queryPrimary);
    });
    this.OPTION2(() => this.SUBRULE(this.orderBy));
    this.OPTION3(() => {
      this.OR([
        {
          ALT: () => {
            this.SUBRULE(this.limit);
            this.OPTION4(() => this.SUBRULE(this.offset));
          },
        },
        {
          ALT: () => {
            this.SUBRULE2(this.offset);
            this.OPTION5(() => this.SUBRULE2(this.limit));
          },
        },
      ]);
    });
  });

  readonly limit: Rule = this.RULE('limit', () => {
    this.CONSUME(keyword.LIMIT);
    this.SUBRULE(this.expression);
  });

  readonly offset: Rule = this.RULE('offset', () => {
    this.CONSUME(keyword.OFFSET);
    this.SUBRULE(this.expression);
  });

  readonly withClause: Rule = this.RULE('withClause', () => {
    this.CONSUME(keyword.WITH);
    // Before these stands a common table of this name.
    this.OPTION({
      GATE: () => !this.isBefore(keyword.AS, symbol.open),
      DEF: () => this.CONSUME(keyword.RECURSIVE),
    });
    this.AT_LEAST_ONE_SEP({ SEP: symbol.comma, DEF: () => this.SUBRULE(this.commonTable) });
  });

  readonly commonTable: Rule = this.RULE('commonTable', () => {
    this.CONSUME(category.name);
    this.OPTION(() => this.SUBRULE(this.nameList));
    this.CONSUME(keyword.AS);
    this.CONSUME(symbol.open);
    this.SUBRULE(this.query);
    this.CONSUME(symbol.close);
  });

  readonly setOperator: Rule = this.RULE('setOperator', () => {
    this.oneOf(1, keyword.UNION, keyword.EXCEPT, keyword.INTERSECT);
    this.OPTION(() => this.oneOf(2, keyword.ALL, keyword.DISTINCT));
  });

  readonly queryPrimary: Rule = this.RULE('queryPrimary', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.select) },
      {
        ALT: () => {
          this.CONSUME(symbol.open);
          this.SUBRULE(this.query);
          this.CONSUME(symbol.close);
        },
      },
    ]);
  });

  readonly select: Rule = this.RULE('select', () => {
    this.CONSUME(keyword.SELECT);
    this.OPTION(() => this.oneOf(1, keyword.DISTINCT, keyword.ALL));
    this.AT_LEAST_ONE_SEP({ SEP: symbol.comma, DEF: () => this.SUBRULE(this.selectItem) });
    this.OPTION2(() => this.SUBRULE(this.from));
    this.OPTION3(() => this.SUBRULE(this.where));
    this.OPTION4(() => this.SUBRULE(this.groupBy));
    this.OPTION5(() => this.SUBRULE(this.having));
    this.OPTION6(() => this.SUBRULE(this.qualify));
  });

  readonly selectItem: Rule = this.RULE('selectItem', () => {
    this.OR({
      // What tells a table's star from an expression is looked at by the gate; of all expressions' first two tokens there are many.
      MAX_LOOKAHEAD: 1,
      DEF: [
        { ALT: () => this.CONSUME(symbol.star) },
        {
          GATE: () => this.isBefore(symbol.dot) && this.LA(3).tokenType === symbol.star,
          IGNORE_AMBIGUITIES: true,
          ALT: () => {
            this.CONSUME(category.name);
            this.CONSUME(symbol.dot);
            this.CONSUME2(symbol.star);
          },
        },
        {
          ALT: () => {
            this.SUBRULE(this.expression);
            this.OPTION({ GATE: () => this.startsAlias(), DEF: () => this.SUBRULE(this.alias) });
          },
        },
      ],
    });
  });

  readonly alias: Rule = this.RULE('alias', () => {
    this.OPTION(() => this.CONSUME(keyword.AS));
    this.CONSUME(category.name);
  });

  readonly from: Rule = this.RULE('from', () => {
    this.CONSUME(keyword.FROM);
    this.AT_LEAST_ONE_SEP({ SEP: symbol.comma, DEF: () => this.SUBRULE(this.tableReference) });
  });

  readonly where: Rule = this.RULE('where', () => {
    this.CONSUME(keyword.WHERE);
    this.SUBRULE(this.expression);
  });

  readonly groupBy: Rule = this.RULE('groupBy', () => {
    this.CONSUME(keyword.GROUP);
    this.CONSUME(keyword.BY);
    this.OR([
      { ALT: () => this.CONSUME(keyword.ALL) },
      { ALT: () => this.AT_LEAST_ONE_SEP({ SEP: symbol.comma, DEF: () => this.SUBRULE(this.expression) }) },
    ]);
  });

  readonly having: Rule = this.RULE('having', () => {
    this.CONSUME(keyword.HAVING);
    this.SUBRULE(this.expression);
  });

  readonly qualify: Rule = this.RULE('qualify', () => {
    this.CONSUME(keyword.QUALIFY);
    this.SUBRULE(this.expression);
  });

  readonly tableReference: Rule = this.RULE('tableReference', () => {
    this.SUBRULE(this.tablePrimary);
    this.MANY(() => this.SUBRULE(this.join));
  });

  readonly join: Rule = this.RULE('join', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(keyword.CROSS);
          this.CONSUME(keyword.JOIN);
          this.SUBRULE(this.tablePrimary);
        },
      },
      {
        ALT: () => {
          this.OPTION(() => this.SUBRULE(this.joinType));
          this.CONSUME2(keyword.JOIN);
          this.SUBRULE2(this.tablePrimary);
          this.OR2([
            {
              ALT: () => {
                this.CONSUME(keyword.ON);
                this.SUBRULE(this.expression);
              },
            },
            {
              ALT: () => {
                this.CONSUME(keyword.USING);
                this.SUBRULE(this.nameList);
              },
            },
          ]);
        },
      },
    ]);
  });

  readonly joinType: Rule = this.RULE('joinType', () => {
    this.OR([
      { ALT: () => this.CONSUME(keyword.INNER) },
      {
        ALT: () => {
          this.oneOf(2, keyword.LEFT, keyword.RIGHT, keyword.FULL);
          this.OPTION(() => this.CONSUME(keyword.OUTER));
        },
      },
    ]);
  });

  readonly tablePrimary: Rule = this.RULE('tablePrimary', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.namedTable) },
      { ALT: () => this.SUBRULE(this.parenthesizedTable) },
    ]);
    this.OPTION({ GATE: () => this.startsAlias(), DEF: () => this.SUBRULE(this.tableAlias) });
  });

  readonly namedTable: Rule = this.RULE('namedTable', () => this.CONSUME(category.name));

  /** A query, or a join. */
  readonly parenthesizedTable: Rule = this.RULE('parenthesizedTable', () => {
    this.CONSUME(symbol.open);
    this.queryOr(() => this.SUBRULE(this.tableReference));
    this.CONSUME(symbol.close);
  });

  readonly tableAlias: Rule = this.RULE('tableAlias', () => {
    this.SUBRULE(this.alias);
    this.OPTION(() => this.SUBRULE(this.nameList));
  });

  readonly nameList: Rule = this.RULE('nameList', () => {
    this.CONSUME(symbol.open);
    this.AT_LEAST_ONE_SEP({ SEP: symbol.comma, DEF: () => this.CONSUME(category.name) });
    this.CONSUME(symbol.close);
  });

  /**
   * A word behind an item or a table is its alias, unless it begins a join or a bound clause. Those words are an alias only
   * where what follows leaves no other reading; AS makes an alias of any name.
   */
  private startsAlias(): boolean {
    const word = this.LA(1).tokenType;
    const next = this.LA(2);
    if (joinKinds.has(word)) return !joinStarts.has(next.tokenType);
    if (boundStarts.has(word)) return aliasEnds.has(next.tokenType) || isReservedWord(next.image);
    // SIMULTANEOUS is a whole clause: what follows tells nothing.
    return word !== keyword.SIMULTANEOUS;
  }
}
