/*
 * planner: from a syntax tree and what the catalog knows to a plan. Pure: it reads nothing and runs nothing.
 * In: a statement, a catalog snapshot, parameter values. Out: the bound query, checked bounds, and the ways to answer it, cheapest
 * first, each with its reason. Always: every name is resolved and every type checked before anything runs.
 */
export { damagedTable, type ParameterValue, type Parameters } from './bind/context.ts';
export { type AskedColumns, askedColumns } from './asked-columns.ts';
export type { ResolvedBounds } from './bounds.ts';
export {
  type AggregatePlan,
  concernsStrata,
  type DistinctCount,
  planSelect,
  queryColumnSet,
  type SelectPlan,
} from './plan-select.ts';
