import { EOF } from 'chevrotain';
import type { Rule } from './call-grammar.ts';
import { keyword } from './keywords.ts';
import { LazyLookahead } from './lazy-lookahead.ts';
import { QueryGrammar } from './query-grammar.ts';
import { category, lexeme, symbol } from './tokens.ts';

/** Tokens that the grammar looks at to tell alternatives apart. */
const maxLookahead = 2;

const vocabulary = [category, lexeme, symbol, keyword].flatMap((types) => Object.values(types));

/** Statements: a query with its bound clauses, and what manages tables and samples. The whole grammar. */
export class StatementGrammar extends QueryGrammar {
  /** @param skipValidations leaves out Chevrotain's checks of the grammar, which double the time to start */
  constructor(skipValidations: boolean) {
    super(vocabulary, {
      maxLookahead,
      lookaheadStrategy: new LazyLookahead({ maxLookahead }),
      nodeLocationTracking: 'onlyOffset',
      skipValidations,
    });
    this.performSelfAnalysis();
  }

  /** The whole text. */
  readonly statement: Rule = this.RULE('statement', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.selectStatement) },
      { ALT: () => this.SUBRULE(this.explain) },
      { ALT: () => this.SUBRULE(this.create) },
      { ALT: () => this.SUBRULE(this.refreshSamples) },
      { ALT: () => this.SUBRULE(this.drop) },
      { ALT: () => this.SUBRULE(this.describe) },
      { ALT: () => this.SUBRULE(this.show) },
    ]);
    this.OPTION(() => this.CONSUME(symbol.semicolon));
    this.CONSUME(EOF);
  });

  readonly selectStatement: Rule = this.RULE('selectStatement', () => {
    this.OPTION(() => this.CONSUME(keyword.EXACT));
    this.SUBRULE(this.query);
    this.MANY(() => {
      this.OR([
        { ALT: () => this.SUBRULE(this.errorBound) },
        { ALT: () => this.SUBRULE(this.confidence) },
        { ALT: () => this.SUBRULE(this.deadline) },
        { ALT: () => this.SUBRULE(this.onMiss) },
        { ALT: () => this.CONSUME(keyword.SIMULTANEOUS) },
      ]);
    });
  });

  readonly errorBound: Rule = this.RULE('errorBound', () => {
    this.CONSUME(keyword.ERROR);
    this.CONSUME(keyword.WITHIN);
    this.CONSUME(lexeme.number);
    this.OPTION(() => this.CONSUME(symbol.percent));
  });

  readonly confidence: Rule = this.RULE('confidence', () => {
    this.CONSUME(keyword.AT);
    this.CONSUME(keyword.CONFIDENCE);
    this.CONSUME(lexeme.number);
    this.CONSUME(symbol.percent);
  });

  readonly deadline: Rule = this.RULE('deadline', () => {
    this.CONSUME(keyword.WITHIN);
    this.CONSUME(lexeme.number);
    this.CONSUME(category.deadlineUnit);
  });

  readonly onMiss: Rule = this.RULE('onMiss', () => {
    this.CONSUME(keyword.ON);
    this.CONSUME(keyword.MISS);
    this.OR([
      { ALT: () => this.CONSUME(keyword.EXACT) },
      {
        ALT: () => {
          this.CONSUME(keyword.BEST);
          this.CONSUME(keyword.EFFORT);
        },
      },
      { ALT: () => this.CONSUME(keyword.FAIL) },
    ]);
  });

  readonly explain: Rule = this.RULE('explain', () => {
    this.CONSUME(keyword.EXPLAIN);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(keyword.CREATE);
          this.CONSUME(keyword.SAMPLES);
          this.SUBRULE(this.onTable);
          this.SUBRULE(this.budget);
        },
      },
      {
        ALT: () => {
          this.OPTION(() => this.CONSUME(keyword.ANALYZE));
          this.SUBRULE(this.selectStatement);
        },
      },
    ]);
  });

  readonly create: Rule = this.RULE('create', () => {
    this.CONSUME(keyword.CREATE);
    this.OR([
      { ALT: () => this.SUBRULE(this.createTable) },
      { ALT: () => this.SUBRULE(this.createSample) },
      { ALT: () => this.SUBRULE(this.createSamples) },
    ]);
  });

  readonly createTable: Rule = this.RULE('createTable', () => {
    this.CONSUME(keyword.TABLE);
    this.OPTION(() => this.SUBRULE(this.ifNotExists));
    this.CONSUME(category.name);
    this.CONSUME(keyword.FROM);
    this.CONSUME(lexeme.string);
    this.OPTION2(() => this.SUBRULE(this.sampled));
  });

  readonly ifNotExists: Rule = this.RULE('ifNotExists', () => {
    this.CONSUME(keyword.IF);
    this.CONSUME(keyword.NOT);
    this.CONSUME(keyword.EXISTS);
  });

  readonly sampled: Rule = this.RULE('sampled', () => {
    this.CONSUME(keyword.SAMPLED);
    this.OPTION(() => {
      this.CONSUME(keyword.STRATIFIED);
      this.CONSUME(keyword.BY);
      this.SUBRULE(this.nameList);
    });
    this.oneOf(1, keyword.POPULATION, keyword.WEIGHT);
    this.CONSUME(category.name);
  });

  readonly createSample: Rule = this.RULE('createSample', () => {
    this.CONSUME(keyword.SAMPLE);
    this.OPTION(() => this.SUBRULE(this.ifNotExists));
    this.OPTION2(() => this.CONSUME(category.name));
    this.SUBRULE(this.onTable);
    this.SUBRULE(this.sampleMethod);
    this.OPTION3(() => this.SUBRULE(this.outliers));
    this.OPTION4(() => this.SUBRULE(this.seed));
  });

  readonly onTable: Rule = this.RULE('onTable', () => {
    this.CONSUME(keyword.ON);
    this.CONSUME(category.name);
  });

  readonly sampleMethod: Rule = this.RULE('sampleMethod', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.uniform) },
      { ALT: () => this.SUBRULE(this.stratified) },
      { ALT: () => this.SUBRULE(this.universe) },
    ]);
  });

  readonly uniform: Rule = this.RULE('uniform', () => {
    this.CONSUME(keyword.UNIFORM);
    this.SUBRULE(this.sampleSize);
  });

  readonly sampleSize: Rule = this.RULE('sampleSize', () => {
    this.CONSUME(lexeme.number);
    this.oneOf(1, keyword.ROWS, symbol.percent);
  });

  readonly stratified: Rule = this.RULE('stratified', () => {
    this.CONSUME(keyword.STRATIFIED);
    this.CONSUME(keyword.BY);
    this.SUBRULE(this.nameList);
    this.CONSUME(keyword.CAP);
    this.CONSUME(lexeme.number);
  });

  readonly universe: Rule = this.RULE('universe', () => {
    this.CONSUME(keyword.UNIVERSE);
    this.CONSUME(keyword.BY);
    this.SUBRULE(this.nameList);
    this.CONSUME(lexeme.number);
    this.CONSUME(symbol.percent);
  });

  readonly outliers: Rule = this.RULE('outliers', () => {
    this.CONSUME(keyword.OUTLIERS);
    this.CONSUME(keyword.OF);
    this.SUBRULE(this.nameList);
  });

  readonly seed: Rule = this.RULE('seed', () => {
    this.CONSUME(keyword.SEED);
    this.CONSUME(lexeme.number);
  });

  readonly createSamples: Rule = this.RULE('createSamples', () => {
    this.CONSUME(keyword.SAMPLES);
    this.OR([
      {
        ALT: () => {
          this.SUBRULE(this.ifNotExists);
          this.SUBRULE(this.onTable);
          this.SUBRULE(this.sampleList);
        },
      },
      {
        ALT: () => {
          this.SUBRULE2(this.onTable);
          this.OR2([{ ALT: () => this.SUBRULE(this.budget) }, { ALT: () => this.SUBRULE2(this.sampleList) }]);
        },
      },
    ]);
  });

  readonly sampleList: Rule = this.RULE('sampleList', () => {
    this.AT_LEAST_ONE_SEP({ SEP: symbol.comma, DEF: () => this.SUBRULE(this.sampleItem) });
    this.OPTION(() => this.SUBRULE(this.seed));
  });

  readonly sampleItem: Rule = this.RULE('sampleItem', () => {
    this.SUBRULE(this.sampleMethod);
    this.OPTION(() => this.SUBRULE(this.outliers));
    this.OPTION2(() => {
      this.CONSUME(keyword.AS);
      this.CONSUME(category.name);
    });
  });

  /** What the advisor is given. */
  readonly budget: Rule = this.RULE('budget', () => {
    this.CONSUME(keyword.BUDGET);
    this.SUBRULE(this.sampleSize);
    this.OPTION(() => {
      this.CONSUME(keyword.FOR);
      this.AT_LEAST_ONE_SEP({ SEP: symbol.comma, DEF: () => this.SUBRULE(this.nameList) });
    });
  });

  readonly refreshSamples: Rule = this.RULE('refreshSamples', () => {
    this.CONSUME(keyword.REFRESH);
    this.CONSUME(keyword.SAMPLES);
    this.SUBRULE(this.onTable);
  });

  readonly drop: Rule = this.RULE('drop', () => {
    this.CONSUME(keyword.DROP);
    this.oneOf(1, keyword.TABLE, keyword.SAMPLE);
    this.OPTION(() => {
      this.CONSUME(keyword.IF);
      this.CONSUME(keyword.EXISTS);
    });
    this.CONSUME(category.name);
  });

  readonly describe: Rule = this.RULE('describe', () => {
    this.CONSUME(keyword.DESCRIBE);
    this.CONSUME(category.name);
  });

  readonly show: Rule = this.RULE('show', () => {
    this.CONSUME(keyword.SHOW);
    this.oneOf(1, keyword.TABLES, keyword.SAMPLES, keyword.QUERIES, keyword.JOBS, keyword.LEASES);
  });
}
