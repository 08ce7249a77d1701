/*
 * plan: the words that planner, executor, estimator and sources share.
 * In: nothing at run time. Out: SQL types and values, the bound tree, the tables of functions and aggregates, AggregateQuery,
 * Moments, Estimate. Always: types, data tables and small pure helpers; no state, no I/O.
 */
export {
  type AccessorName,
  accessorNames,
  accessorValue,
  exactAccessorValue,
  findAccessor,
} from './accessor.ts';
export * from './aggregate-query.ts';
export {
  aggregateFunction,
  aggregateNames,
  findAggregate,
  isOrdered,
  windowFunctions,
} from './aggregates.ts';
export { type Algebra, plainAlgebra } from './estimators.ts';
export * from './bound.ts';
export { compareValues, convertScalar, integerRange, roundHalfEven, Unevaluable } from './convert.ts';
export type * from './estimate.ts';
export { evaluate, type Lookup, tryEvaluate } from './evaluate.ts';
export { expressionKey } from './expression-key.ts';
export { describeTypes, resolveCall, signatureOf } from './functions/definition.ts';
export {
  callableFunctionNames,
  findScalarFunction,
  scalarFunction,
  scalarFunctions,
} from './functions/table.ts';
export { roundHalfAway, roundPlaces } from './functions/math.ts';
export { canonicalUnit, partNames } from './functions/temporal.ts';
export * from './learned.ts';
export {
  aggregateSlotsOf,
  type AggregateTotals,
  isCount,
  type LaidOut,
  layoutMoments,
  totalsOfOutput,
} from './moment-layout.ts';
export * from './moments.ts';
export {
  cumulate,
  placeOfShare,
  type QuantileDefinition,
  quantileOf,
  totalWeight,
  type WeightedValues,
} from './ordered.ts';
export { parseDate, parseInterval, parseTime, parseTimestamp } from './parse-temporal.ts';
export { callsIn, columnsRead, tablesOf } from './query-tables.ts';
export { type ColumnRange, type Range, rangeAs, rangeOf } from './range.ts';
export { rangeWhere } from './range-where.ts';
export {
  compareScalars,
  formatDecimal,
  formatScalar,
  formatTimestamp,
  isInterval,
  narrowInteger,
  type Scalar,
  toDouble,
} from './scalar.ts';
export { drawnDesign, type SampleDesign, weightPowers } from './sample-design.ts';
export * from './sql-type.ts';
