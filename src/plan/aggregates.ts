import type { BoundExpression } from './bound.ts';
import {
  bigintType,
  booleanType,
  doubleType,
  hugeintType,
  isNumeric,
  isOpaque,
  type SqlType,
  timestampType,
  varcharType,
} from './sql-type.ts';

/** The arithmetic that an estimate is written in: plain numbers, or numbers that carry their derivatives. */
export interface Algebra<T> {
  constant(value: number): T;
  add(a: T, b: T): T;
  subtract(a: T, b: T): T;
  multiply(a: T, b: T): T;
  divide(a: T, b: T): T;
  squareRoot(a: T): T;
  valueOf(a: T): number;
}

/** The arithmetic of plain numbers. */
export const plainAlgebra: Algebra<number> = {
  constant: (value) => value,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  squareRoot: Math.sqrt,
  valueOf: (a) => a,
};

/** What an estimate is made from. */
export interface TotalsOf<T> {
  /** Totals over the rows where the argument is not NULL: of (x − centre)^p for each of the aggregate's powers p. */
  readonly totals: readonly T[];
  readonly centre: number;
  /** Sample rows behind them (for exact totals: rows). */
  readonly support: number;
  /** No row can have been missed: where there is none the aggregate is NULL, not an estimate of nothing seen. */
  readonly complete: boolean;
}

/** An aggregate: its signature and type and, where it is a smooth function of totals, that function. */
export interface AggregateFunction {
  /** Canonical name, DuckDB's own. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly arity: readonly [least: number, most: number];
  /** Type of the result; null where the arguments do not fit. */
  readonly result: (args: readonly BoundExpression[]) => SqlType | null;
  /** Which arguments it takes, for an error message. */
  readonly takes: string;
  /** What it is of base totals. Absent: it is answered exactly, from the strata table or by the source. */
  readonly estimate?: Estimator;
}
export interface Estimator {
  /** Powers of the argument whose totals are needed: 0 counts, 1 sums, 2 sums squares. */
  readonly powers: readonly number[];
  /** The aggregate's value; null where SQL has NULL (no rows). */
  readonly value: <T>(algebra: Algebra<T>, from: TotalsOf<T>) => T | null;
}

const fits = (type: SqlType, accepted: (type: SqlType) => boolean): boolean =>
  isOpaque(type) || accepted(type);
const numeric = (type: SqlType): boolean => fits(type, isNumeric);

/** A DOUBLE from numbers. */
const doubleOf = (args: readonly BoundExpression[]): SqlType | null =>
  args.every(({ type }) => numeric(type)) ? doubleType : null;
const sameAs = (args: readonly BoundExpression[]): SqlType => args[0]!.type; // at least one argument by its arity

function sumType([arg]: readonly BoundExpression[]): SqlType | null {
  const { type } = arg!;
  if (!fits(type, (t) => isNumeric(t) || t.kind === 'boolean')) return null;
  if (type.kind === 'decimal') return { kind: 'decimal', precision: 38, scale: type.scale };
  return type.kind === 'integer' || type.kind === 'boolean'
    ? hugeintType
    : type.kind === 'other'
      ? type
      : doubleType;
}

function averageType([arg]: readonly BoundExpression[]): SqlType | null {
  const { type } = arg!;
  if (numeric(type)) return type.kind === 'other' ? type : doubleType;
  if (type.kind === 'date') return timestampType;
  return type.kind === 'timestamp' || type.kind === 'interval' ? type : null;
}

/** Where the two parts of a variance cancel so far, what is left is their rounding error. */
const roundingShare = 1e-13;

/** (T₂/T₀ − (T₁/T₀)²): the plug-in variance; the centre drops out. */
function plugInVariance<T>(algebra: Algebra<T>, [t0, t1, t2]: readonly T[]): T {
  const mean = algebra.divide(t1!, t0!);
  const square = algebra.divide(t2!, t0!);
  const variance = algebra.subtract(square, algebra.multiply(mean, mean));
  return algebra.valueOf(variance) <= roundingShare * algebra.valueOf(square)
    ? algebra.constant(0)
    : variance;
}

/**
 * Variance with divisor n − 1, estimated as R's `svyvar`: the plug-in value times m/(m − 1), m the sample rows.
 * The population's own divisor N (VAR_POP) is reached by the factor (N̂ − 1)/N̂, so that a full sample gives it exactly.
 */
function variance(population: boolean, root: boolean): Estimator {
  return {
    powers: [0, 1, 2],
    value: (algebra, { totals, support }) => {
      if (support < 1) return null;
      // One row has no spread: NULL for the sample's variance, and nothing to estimate the population's from.
      if (support < 2) return population && algebra.valueOf(totals[0]!) <= 1 ? algebra.constant(0) : null;
      let value = algebra.multiply(
        plugInVariance(algebra, totals),
        algebra.constant(support / (support - 1)),
      );
      const count = totals[0]!;
      if (population)
        value = algebra.multiply(value, algebra.divide(algebra.subtract(count, algebra.constant(1)), count));
      return root ? algebra.squareRoot(value) : value;
    },
  };
}

const sum: Estimator = {
  powers: [0, 1],
  value: (algebra, { totals: [count, total], centre, support, complete }) =>
    support === 0 && complete
      ? null
      : algebra.add(total!, algebra.multiply(algebra.constant(centre), count!)),
};
const average: Estimator = {
  powers: [0, 1],
  value: (algebra, { totals: [count, total], centre, support }) =>
    support === 0 ? null : algebra.add(algebra.divide(total!, count!), algebra.constant(centre)),
};
const count: Estimator = { powers: [0], value: (_algebra, { totals }) => totals[0]! };

/** An aggregate over numbers that only the source computes. */
const exactDouble = (name: string, arguments_ = 1, aliases: readonly string[] = []): AggregateFunction => ({
  name, aliases, arity: [arguments_, arguments_], takes: 'numbers', result: doubleOf,
}); // prettier-ignore
/** An aggregate over anything that only the source computes. */
const exactAny = (name: string, most: number, result: AggregateFunction['result'], aliases: readonly string[] = []): AggregateFunction => ({
  name, aliases, arity: [1, most], takes: 'any values', result,
}); // prettier-ignore
const spread = (name: string, aliases: readonly string[], estimate: Estimator): AggregateFunction => ({
  name, aliases, arity: [1, 1], takes: 'a number', result: doubleOf, estimate,
}); // prettier-ignore

/** Every aggregate there is. Adding one is adding a row here. */
const aggregateFunctions: readonly AggregateFunction[] = [
  { name: 'count', arity: [0, 1], takes: '* or any value', result: () => bigintType, estimate: count },
  { name: 'sum', arity: [1, 1], takes: 'a number', result: sumType, estimate: sum },
  {
    name: 'avg',
    aliases: ['mean'],
    arity: [1, 1],
    takes: 'a number or a time',
    result: averageType,
    estimate: average,
  },
  spread('var_samp', ['variance'], variance(false, false)),
  spread('var_pop', [], variance(true, false)),
  spread('stddev_samp', ['stddev'], variance(false, true)),
  spread('stddev_pop', [], variance(true, true)),
  exactAny('min', 1, sameAs),
  exactAny('max', 1, sameAs),
  exactAny('any_value', 1, sameAs),
  exactAny('first', 1, sameAs),
  exactAny('last', 1, sameAs),
  exactAny('mode', 1, sameAs),
  exactAny('arg_min', 2, sameAs, ['min_by', 'argmin']),
  exactAny('arg_max', 2, sameAs, ['max_by', 'argmax']),
  exactAny('median', 1, averageType),
  exactAny('quantile_cont', 2, averageType),
  exactAny('quantile_disc', 2, sameAs, ['quantile']),
  exactAny('approx_quantile', 2, sameAs),
  exactAny('approx_count_distinct', 1, () => bigintType),
  exactAny('string_agg', 2, () => varcharType, ['group_concat', 'listagg']),
  exactAny('bool_and', 1, ([arg]) => (fits(arg!.type, (t) => t.kind === 'boolean') ? booleanType : null)),
  exactAny('bool_or', 1, ([arg]) => (fits(arg!.type, (t) => t.kind === 'boolean') ? booleanType : null)),
  exactAny('count_if', 1, ([arg]) => (fits(arg!.type, (t) => t.kind === 'boolean') ? hugeintType : null), [
    'countif',
  ]),
  exactAny('entropy', 1, () => doubleType),
  exactAny('mad', 1, averageType),
  exactDouble('skewness'),
  exactDouble('kurtosis'),
  exactDouble('product'),
  exactDouble('sem'),
  exactDouble('corr', 2),
  exactDouble('covar_pop', 2),
  exactDouble('covar_samp', 2),
  exactDouble('regr_slope', 2),
  exactDouble('regr_intercept', 2),
  exactDouble('regr_r2', 2),
];

const byName: ReadonlyMap<string, AggregateFunction> = new Map(
  aggregateFunctions.flatMap((definition) =>
    [definition.name, ...(definition.aliases ?? [])].map((name): [string, AggregateFunction] => [
      name,
      definition,
    ]),
  ),
);

/** The aggregate with this name or alias, in lower case. */
export function findAggregate(name: string): AggregateFunction | undefined {
  return byName.get(name);
}

/** The definition behind a bound aggregate. */
export function aggregateFunction(name: string): AggregateFunction {
  const definition = byName.get(name);
  if (definition === undefined) throw new Error(`no aggregate ${name} in the table`);
  return definition;
}

/** All names of aggregates, for "did you mean". */
export const aggregateNames: readonly string[] = [...byName.keys()];

/** Functions that only exist over a window, and their types. */
export const windowFunctions: ReadonlyMap<string, (args: readonly BoundExpression[]) => SqlType | null> =
  new Map<string, (args: readonly BoundExpression[]) => SqlType | null>([
    ...['row_number', 'rank', 'dense_rank', 'ntile'].map((name): [string, () => SqlType] => [
      name,
      () => bigintType,
    ]),
    ...['percent_rank', 'cume_dist'].map((name): [string, () => SqlType] => [name, () => doubleType]),
    ...['lag', 'lead', 'first_value', 'last_value', 'nth_value'].map(
      (name): [string, (args: readonly BoundExpression[]) => SqlType | null] => [
        name,
        (args) => args[0]?.type ?? null,
      ],
    ),
  ]);
