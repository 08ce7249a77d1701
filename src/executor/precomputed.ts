import { mapInPieces, type Pieces, piecewise } from '../common/index.ts';
import {
  type AggregateCall,
  aggregateFunction,
  type AggregateQuery,
  type ColumnValue,
  evaluate,
  type Lookup,
  narrowInteger,
  plainAlgebra,
  type Scalar,
  type SlotValue,
  Unevaluable,
} from '../plan/index.ts';
import type { ColumnStatistics, StrataTable } from '../samples/index.ts';

/** Strata, and groups of them, that are looked at without a pause. */
const strataAtOnce = 512;

/** Groups with the exact values of their keys and aggregates. */
export interface ExactGroups {
  readonly groups: readonly { readonly keys: readonly Scalar[]; readonly aggregates: readonly Scalar[] }[];
}

/**
 * Answers a query from the strata table alone: exactly, without reading a row.
 * @returns null where the strata table does not hold what it needs
 */
export function* answerFromStrata(strata: StrataTable, query: AggregateQuery): Pieces<ExactGroups | null> {
  try {
    const kept = query.aggregates.map((call) => ({
      call,
      statistics: call.distinct ? null : statisticsFor(strata, call),
    }));
    const exactly = ({ keys, members }: StrataGroup): ExactGroups['groups'][number] => ({
      keys,
      aggregates: kept.map(({ call, statistics }) =>
        call.distinct
          ? distinctOf(strata, call, takenBy(strata, call, members))
          : aggregateOf(strata, call, statistics, takenBy(strata, call, members)),
      ),
    });
    return { groups: yield* mapInPieces(yield* groupStrata(strata, query), exactly, strataAtOnce) };
  } catch (error) {
    if (!(error instanceof Unevaluable)) throw error;
    return null;
  }
}

/** Gives the values of a stratum's key columns. */
function lookupsOf(strata: StrataTable): (stratum: number) => Lookup {
  const byName = new Map(strata.keys.map((key) => [key.name, key]));
  return (stratum) => (leaf: ColumnValue | SlotValue) => {
    const key = leaf.kind === 'column' ? byName.get(leaf.name) : undefined;
    if (key === undefined) throw new Unevaluable('strata are not made of this column');
    const value = key.values[stratum]!; // null or a value for each stratum
    return typeof value === 'bigint' ? narrowInteger(value) : value;
  };
}

interface StrataGroup {
  readonly keys: readonly Scalar[];
  readonly members: number[];
}

function* groupStrata(strata: StrataTable, { filter, keys }: AggregateQuery): Pieces<StrataGroup[]> {
  const lookupOf = lookupsOf(strata);
  const groups = new Map<string, StrataGroup>();
  // Without GROUP BY there is one group even of no rows.
  if (keys.length === 0) groups.set('[]', { keys: [], members: [] });
  const add = (stratum: number): void => {
    const lookup = lookupOf(stratum);
    if (!filter.every((condition) => evaluate(condition, lookup) === true)) return;
    const values = keys.map((key) => evaluate(key, lookup));
    const name = JSON.stringify(values, (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : Object.is(value, Number.NaN) ? 'NaN' : value,
    );
    const group = groups.get(name) ?? { keys: values, members: [] };
    group.members.push(stratum);
    groups.set(name, group);
  };
  const addSome = (from: number, to: number): void => {
    for (let stratum = from; stratum < to; stratum++) add(stratum);
  };
  yield* piecewise(strata.count, addSome, strataAtOnce);
  return [...groups.values()];
}

/** What the strata table keeps of an aggregate's argument; null where it has none. @throws Unevaluable */
function statisticsFor(strata: StrataTable, call: AggregateCall): ColumnStatistics | null {
  if (call.orderBy.length > 0) throw new Unevaluable('an order is not in the strata table');
  const [argument, second] = call.arguments;
  if (argument === undefined) return null; // COUNT(*)
  if (second !== undefined) throw new Unevaluable('only totals of single columns are kept');
  const found = argument.kind === 'column' ? strata.statistics.get(argument.name) : undefined;
  if (found === undefined) throw new Unevaluable('only totals of plain columns are kept');
  return found;
}

/** The strata that pass an aggregate's FILTER. */
function takenBy(
  strata: StrataTable,
  { filter }: AggregateCall,
  members: readonly number[],
): readonly number[] {
  const lookupOf = lookupsOf(strata);
  return filter === null
    ? members
    : members.filter((stratum) => evaluate(filter, lookupOf(stratum)) === true);
}

/** COUNT(DISTINCT x) where strata are made of what x reads, or keys of nothing but x. @throws Unevaluable */
function distinctOf(strata: StrataTable, call: AggregateCall, taken: readonly number[]): number {
  const [argument] = call.arguments;
  if (call.name !== 'count' || argument === undefined)
    throw new Unevaluable('DISTINCT is not in the strata table');
  const { universe } = strata;
  if (universe !== null) {
    const isKey = argument.kind === 'column' && universe.columns.join() === argument.name;
    if (!isKey || universe.columns.length > 1) throw new Unevaluable('keys are not made of this column');
    return taken.length === 0 ? 0 : universe.ofColumns.get(argument.name)!.sums[0]!; // the keys that are not NULL
  }
  const lookupOf = lookupsOf(strata);
  const values = new Set<string>();
  for (const stratum of taken) {
    const value = evaluate(argument, lookupOf(stratum));
    if (typeof value === 'object' && value !== null) throw new Unevaluable('values of several parts');
    if (value !== null) values.add(`${typeof value} ${value === 0 ? 0 : value}`); // −0 is 0
  }
  return values.size;
}

function aggregateOf(
  strata: StrataTable,
  call: AggregateCall,
  statistics: ColumnStatistics | null,
  taken: readonly number[],
): Scalar {
  if (statistics === null) return sumOver(strata.population, taken);
  const count = sumOver(statistics.count, taken);
  if (call.name === 'count') return count;
  if (taken.some((stratum) => statistics.nonFinite[stratum]! > 0))
    throw new Unevaluable('values that are not finite');
  if (call.name === 'min' || call.name === 'max') return extremeOf(call, statistics, taken, count);
  if (call.name === 'sum' && statistics.sum !== null) return exactSum(statistics.sum, taken, count);
  const { estimate } = aggregateFunction(call.name);
  const { kind } = call.arguments[0]!.type; // there are statistics of it
  if (estimate === undefined || kind === 'date' || kind === 'timestamp') throw new Unevaluable(call.name);
  return estimate.value(plainAlgebra, {
    totals: powerTotals(statistics, taken, count),
    centres: [meanOf(statistics, taken, count)],
    support: count,
    complete: true,
  });
}

const sumOver = (values: Float64Array, strata: readonly number[]): number =>
  strata.reduce((sum, stratum) => sum + values[stratum]!, 0); // one entry a stratum

function exactSum(sums: BigInt64Array, strata: readonly number[], count: number): Scalar {
  return count === 0 ? null : narrowInteger(strata.reduce((sum, stratum) => sum + sums[stratum]!, 0n)); // one entry a stratum
}

/** Least or greatest value; a double that may have been rounded is not exact. */
function extremeOf(
  call: AggregateCall,
  { low, high }: ColumnStatistics,
  strata: readonly number[],
  count: number,
): Scalar {
  if (count === 0) return null;
  const values = strata
    .map((stratum) => (call.name === 'min' ? low : high)[stratum]!)
    .filter((value) => !Number.isNaN(value)); // one entry a stratum
  const value =
    call.name === 'min'
      ? values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
      : values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const rounded = !['float', 'double'].includes(call.type.kind) && !Number.isSafeInteger(value);
  if (values.length === 0 || rounded) throw new Unevaluable('no exact extreme is kept');
  return value;
}

/** Mean over several strata: from exact sums where there are any, else weighted by count. */
function meanOf({ mean, count: counts }: ColumnStatistics, strata: readonly number[], count: number): number {
  let sum = 0;
  for (const stratum of strata) if (counts[stratum]! > 0) sum += counts[stratum]! * mean[stratum]!; // one entry a stratum
  return count === 0 ? 0 : sum / count;
}

/** Σ1, Σ(x − c), Σ(x − c)² over strata, c their mean: m₂ of each plus n·(mean_h − c)². */
function powerTotals(statistics: ColumnStatistics, strata: readonly number[], count: number): number[] {
  const centre = meanOf(statistics, strata, count);
  const [squares] = statistics.centred;
  let second = 0;
  for (const stratum of strata) {
    const n = statistics.count[stratum]!; // one entry a stratum
    if (n > 0) second += squares![stratum]! + n * (statistics.mean[stratum]! - centre) ** 2;
  }
  if (Number.isNaN(second)) throw new Unevaluable('no moments are kept');
  return [count, 0, second];
}
