import type { BoundExpression } from './bound.ts';
import {
  average,
  correlation,
  count,
  covariance,
  determination,
  type Estimator,
  intercept,
  slope,
  sum,
  variance,
} from './estimators.ts';
import {
  median,
  medianDeviation,
  mode,
  type OrderedStatistic,
  quantile,
  type QuantileDefinition,
} from './ordered.ts';
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
  /** What it is of base totals. */
  readonly estimate?: Estimator;
  /** Or which quantile, or what else, of values in their order. None of them: it is answered exactly, from the strata table or by the source. */
  readonly quantile?: QuantileDefinition;
  readonly ordered?: OrderedStatistic;
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

/** Between two values, a DECIMAL and a FLOAT keep their types. */
const betweenType: AggregateFunction['result'] = (args) => {
  const { type } = args[0]!; // at least one argument by its arity
  return type.kind === 'decimal' || type.kind === 'float' ? type : averageType(args);
};

/** An aggregate over numbers that only the source computes. */
const exactDouble = (name: string): AggregateFunction => ({
  name, arity: [1, 1], takes: 'numbers', result: doubleOf,
}); // prettier-ignore
/** An aggregate over anything that only the source computes. */
const exactAny = (name: string, most: number, result: AggregateFunction['result'], aliases: readonly string[] = []): AggregateFunction => ({
  name, aliases, arity: [1, most], takes: 'any values', result,
}); // prettier-ignore
const spread = (name: string, aliases: readonly string[], estimate: Estimator): AggregateFunction => ({
  name, aliases, arity: [1, 1], takes: 'a number', result: doubleOf, estimate,
}); // prettier-ignore

const pairwise = (name: string, estimate: Estimator): AggregateFunction => ({
  name, arity: [2, 2], takes: 'two numbers', result: doubleOf, estimate,
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
  { ...exactAny('mode', 1, sameAs), ordered: mode },
  exactAny('arg_min', 2, sameAs, ['min_by', 'argmin']),
  exactAny('arg_max', 2, sameAs, ['max_by', 'argmax']),
  { ...exactAny('median', 1, betweenType), quantile: median },
  { ...exactAny('quantile_cont', 2, betweenType), quantile: quantile(true) },
  { ...exactAny('quantile_disc', 2, sameAs, ['quantile']), quantile: quantile(false) },
  exactAny('approx_quantile', 2, sameAs),
  exactAny('approx_count_distinct', 1, () => bigintType),
  exactAny('string_agg', 2, () => varcharType, ['group_concat', 'listagg']),
  exactAny('bool_and', 1, ([arg]) => (fits(arg!.type, (t) => t.kind === 'boolean') ? booleanType : null)),
  exactAny('bool_or', 1, ([arg]) => (fits(arg!.type, (t) => t.kind === 'boolean') ? booleanType : null)),
  exactAny('count_if', 1, ([arg]) => (fits(arg!.type, (t) => t.kind === 'boolean') ? hugeintType : null), [
    'countif',
  ]),
  exactAny('entropy', 1, () => doubleType),
  { ...exactAny('mad', 1, betweenType), ordered: medianDeviation },
  exactDouble('skewness'),
  exactDouble('kurtosis'),
  exactDouble('product'),
  exactDouble('sem'),
  pairwise('corr', correlation),
  pairwise('covar_pop', covariance(true)),
  pairwise('covar_samp', covariance(false)),
  pairwise('regr_slope', slope),
  pairwise('regr_intercept', intercept),
  pairwise('regr_r2', determination),
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

/** Whether an aggregate is made from values in their order. */
export function isOrdered({ quantile: asked, ordered }: AggregateFunction): boolean {
  return asked !== undefined || ordered !== undefined;
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
